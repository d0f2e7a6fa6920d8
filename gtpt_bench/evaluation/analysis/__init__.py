"""Why an AP is what it is: what is wrong with keypoints, and with whose."""
