"""Are provinces alike in what they do, and are results where they are used?"""
