"""The HTTP service and the salesperson's page (extra `web`): what `Checker` answers, while the customer is on the line.

    server ─runs→ app ─behind→ guard (who may ask, how much, for how long)
                   ├ direct   the short way to POST /v1/check, for a request that is plainly right
                   │          together  questions that come at once are decided at once
                   ├ checks   /v1/…            one decision, a batch, suggestions, shapes for the map, the confirmation
                   ├ tmf      /tmf-api/…       TMF645 tasks
                   ├ health   /healthz /readyz /metrics
                   └ page     /                one page, nothing from elsewhere

takeover holds the checker in use, and swaps in a new one when what it was made of has changed.
"""
