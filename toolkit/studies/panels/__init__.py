"""One question in many panels: does whoever receives more public R&D money pay for more R&D of their own?"""
