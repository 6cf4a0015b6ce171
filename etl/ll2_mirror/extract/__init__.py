"""Fetches LL2's lists as staged pages: one page at a time, within the rate limit.

In: a list and its interrupted walk, if the file has one. Out: a complete walk, each page staged.

Open ``list_walk`` first. It gets pages from ``upstream``, which checks the ``rate_limit`` and sends
each request with ``client``; ``network`` has proxies, certificates and retries. ``deletions``
finds out which records that a complete walk didn't find are deleted.
"""
