"""LL2 to staged pages: asks for one page after the other, within the rate limit.

In: a list and the walk that the file has of it. Out: a complete walk, each page staged.

Open ``list_walk`` first. It asks ``upstream`` for a page, which asks ``rate_limit`` whether it may,
and ``client`` for the one request; ``network`` knows proxies, certificates and retries.
``deletions`` finds out about the records that a complete walk didn't meet.
"""
