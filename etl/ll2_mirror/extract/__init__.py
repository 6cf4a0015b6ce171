"""LL2 to staged pages: asks for one page after the other, within the budget.

In: a resource and the walk that the file has of it. Out: a complete walk, each page staged.

Open ``crawl`` first. It asks ``upstream`` for a page (``page_size``: of how many records), which
asks ``budget`` whether it may (``throttle``: the hourly limit; ``log``: what was spent), ``client``
for the one request (by ``connection``, to a ``response`` or a ``refusal``), ``retry`` for another
try. ``missing`` finds out about the records that a complete walk didn't meet.
"""
