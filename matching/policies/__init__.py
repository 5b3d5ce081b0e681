"""Who is first among the associations in the running: one module a policy, all behind one signature.

A policy is two lists of steps, one for associations and one for programmes, compared one after the other, lowest
first. A step gives one key for each association still tied, and sees nothing but that association: whoever leaves
the running never changes the order of the others.
"""
