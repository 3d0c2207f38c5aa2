"""The iterators above the push interface of a streamed answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

    from bartizan._engine.response_stream import ResponseStream


def pump(stream: ResponseStream, chunks: Iterable[str]) -> Iterator[str]:
    """Feed the chunks to the stream and yield what it lets go. A reader who stops closes the source too."""
    try:
        for chunk in chunks:
            out = stream.feed(chunk)
            if out:
                yield out
        out = stream.end()
        if out:
            yield out
    finally:
        try:
            stream.close()
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()


async def apump(stream: ResponseStream, chunks: AsyncIterable[str]) -> AsyncIterator[str]:
    """The same for an asynchronous source."""
    try:
        async for chunk in chunks:
            out = stream.feed(chunk)
            if out:
                yield out
        out = await stream.aend()
        if out:
            yield out
    finally:
        try:
            await stream.aclose()
        finally:
            aclose = getattr(chunks, "aclose", None)
            if aclose is not None:
                await aclose()
