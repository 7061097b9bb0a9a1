"""The benchmarks: Spanglass on a generated workload, beside the plainest server that could do the job.

``python -m bench`` runs them (``--quick``: in less than a minute). ``prose`` (text), ``agents`` (who talks, with which
tools), ``workload`` (conversations as OTLP) and ``spool`` (requests ready to send) make the load, ``load`` drives it;
``servers`` starts what is measured, one of them ``baseline``; ``scenarios`` measures, on stores that ``runs`` keeps, in
``figures``; ``disk`` looks into a store's file, ``sampling`` into a running Spanglass.
"""
