"""Pictures of what a model says about one image, for people to look at."""
