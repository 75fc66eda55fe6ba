"""The schema's steps, each in the words of its day.

None imports what the desk is made of now, so that a copy of any age can be brought up for ever.
"""
