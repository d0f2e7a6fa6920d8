"""An embedded, procedurally drawn people data set: pictures and exact annotations from (seed, split, index).

    scenery ─┐
    people  ─┼─► scene ─► annotate ─► detector ─► coco_format ─► make (files) | preview (contact sheets)
    paint   ─┘

A person is a build, a pose and a look: forward kinematics gives joints in space, whose projections are the
keypoints, and the same joints carry everything that is painted. While parts are painted from the furthest to
the nearest, a second buffer remembers whose part each pixel shows; visibility, boxes, areas and outlines are
read from it, never guessed. Clean room: everything is drawn from the numbers in these files.
"""
