"""LL2 to staged pages: asks for one page after the other, within the budget.

In: a resource and the walk that the file has of it. Out: a complete walk, each page staged.

Open ``crawl`` first. It asks ``upstream`` for a page, which asks ``budget`` whether it may,
``client`` to make the one request, and ``retry`` for another try. ``missing`` finds out about the
records that a complete walk didn't meet.
"""
