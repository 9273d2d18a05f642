import sys; sys.path[:0]=['/work/main/tests','/work/main/tests/daemon']
import gc
from collections import Counter
from datetime import timedelta
from test_a_day import *
from conftest import daemon
def kinds():
    gc.collect()
    return Counter(f"{type(o).__module__}.{type(o).__qualname__}" for o in gc.get_objects())
def test_leak(daemon):
    here = daemon(DAY, orders=3)
    for hour in range(14):
        order_every_hour(here, hour)
        here.until(START + timedelta(hours=hour + 1))
        here.sandbox.traffic.clear(); here.sandbox.shop_traffic.clear()
        if hour == 3: early = kinds()
        if hour==9:
            mid = kinds()
    late = kinds()
    print("SUM", sum(early.values()), sum(mid.values()), sum(late.values()))
    d=late; d.subtract(mid)
    for k,v in d.most_common(25): print(k,v)
    assert 0
