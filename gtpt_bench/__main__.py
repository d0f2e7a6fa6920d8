"""`python -m gtpt_bench` is `gtpt-study`; torchrun starts it this way."""

from gtpt_bench.cli.main import main

if __name__ == "__main__":
    main()
