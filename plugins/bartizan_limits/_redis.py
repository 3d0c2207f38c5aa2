"""Windows in Redis, for several processes: one script, which Redis runs as a whole (https://redis.io/docs/latest/develop/programmability/eval-intro/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bartizan import MissingExtra
from bartizan_limits._windows import SLOTS, Full, Unavailable, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bartizan_limits._windows import Charge

SCRIPT: Final = """
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local slots = tonumber(ARGV[2])
local full, wait = 0, 0
for i, key in ipairs(KEYS) do
  local width, limit, cost = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1]), tonumber(ARGV[3 * i + 2])
  local oldest = math.floor(now / width) - slots
  local used, alive, held = 0, {}, redis.call('HGETALL', key)
  for j = 1, #held, 2 do
    local slot, count = tonumber(held[j]), tonumber(held[j + 1])
    if slot < oldest then
      redis.call('HDEL', key, held[j])
    else
      used = used + count
      alive[#alive + 1] = {slot, count}
    end
  end
  local missing = used + cost - limit
  if missing > 0 then
    local after = -1
    if cost <= limit then
      table.sort(alive, function(a, b) return a[1] < b[1] end)
      for _, one in ipairs(alive) do
        missing = missing - one[2]
        if missing <= 0 then
          after = (one[1] + 1 + slots) * width - now
          break
        end
      end
    end
    if full == 0 or (wait >= 0 and (after < 0 or after > wait)) then
      full, wait = i, after
    end
  end
end
if full > 0 then
  return {full, wait}
end
for i, key in ipairs(KEYS) do
  local width, cost = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 2])
  redis.call('HINCRBY', key, string.format('%.0f', math.floor(now / width)), string.format('%.0f', cost))
  redis.call('PEXPIRE', key, string.format('%.0f', (slots + 1) * width))
end
return {0, 0}
"""
"""KEYS: one hash for each charge, slot to count. ARGV: the time in ms (empty: Redis's own), the number of slots, then width in ms, limit
and cost of each charge. Answers with the number of the charge that has to wait longest and its ms (-1: for ever), or with two zeros."""


class RedisStore:
    """Windows that all processes share. Redis's own clock counts."""

    def __init__(self, url: str, prefix: str, timeout_s: float) -> None:
        try:
            import redis
        except ImportError:
            redis = None  # type: ignore[assignment]  # told below, outside the handler
        if redis is None:
            feature = "limits in Redis"
            raise MissingExtra(feature, "redis")
        self._errors = (redis.RedisError, OSError)
        self._prefix = prefix
        problem = ""
        try:
            self._client: Any = redis.Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s)
        except ValueError:
            problem = "the URL of Redis is none: it looks like redis://host:6379/0"
        if problem:
            raise Unavailable(problem)
        self._script: Any = self._client.register_script(SCRIPT)

    def charge(self, charges: Sequence[Charge], now_ms: int | None = None) -> Full | None:
        """Take all of the charges, or none."""
        args: list[str | int] = ["" if now_ms is None else now_ms, SLOTS]
        for charge in charges:
            args += [width_of(charge.window_ms), charge.limit, charge.cost]
        problem, answer = "", [0, 0]
        try:
            answer = self._script(keys=[f"{self._prefix}{charge.key}" for charge in charges], args=args)
        except self._errors as error:
            problem = f"Redis can't be asked ({type(error).__name__})"
        if problem:
            raise Unavailable(problem)
        if not answer[0]:
            return None
        return Full(answer[0] - 1, None if answer[1] < 0 else answer[1] / 1_000)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
