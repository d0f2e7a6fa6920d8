"""Plots of a study's variants, a file a plot; which there are: by_name.py."""
