"""The words: everything that crosses a boundary of Ebbflow, and nothing else.

`touchpoint` comes in; `profile` is remembered; `outcome` and `alert` go out; `rejected` is what could not be
read; `policy` and `settings` are what the operator decides.
"""
