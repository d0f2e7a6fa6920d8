"""`gtpt-study report paper`: the tables of the papers, rebuilt from compact records and results/reference/.

which.py names them, kept_study.py reads what a study has kept, models.py and ablations.py make tables of it, files.py
writes and checks them. No torch.
"""
