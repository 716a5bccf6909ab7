"""Pictures that lie, explode or carry more than pixels."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from tests.hostile.deflate import repeated_zlib


def painting(seed: int = 0, width: int = 64, height: int = 48, **new: Any) -> Image.Image:
    """A smooth colorful picture, different for each seed."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC, **new)


def saved(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """The encoded bytes of `image`."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """The decoded picture of `data`."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk with its length and CRC."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(side: int = 12_000) -> bytes:
    """A black-and-white PNG of side x side: 18 kB for 12,000, all of them white paper."""
    rows = zlib.compress(bytes((side + 7) // 8 + 1) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def webp_bomb(side: int = 16_383) -> bytes:
    """A WebP header that claims side x side and holds nothing."""
    size = (side - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\x02\x00\x00\x00" + size + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(frames: int, side: int) -> bytes:
    """A GIF of equal flat frames; the frame is compressed once and repeated."""
    single = saved(Image.new("P", (side, side), 1), "GIF")
    start = single.index(b"\x2c" + struct.pack("<HHHH", 0, 0, side, side))
    return single[:start] + single[start:-1] * frames + b";"


def rgba_at_the_cap(side: int = 7000) -> bytes:
    """A flat transparent PNG of side x side with a color profile, as large as a picture may be."""
    body = repeated_zlib(bytes([0]) + b"\x40\x80\xc0\x80" * side, side)
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    color = chunk(b"iCCP", b"sRGB\x00\x00" + zlib.compress(profile))
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + color
    return head + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG whose compressed text unpacks to 16 MiB."""
    good = saved(painting())
    text = chunk(b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(16 << 20), 9))
    return good[:33] + text + good[33:]


def with_gps(image: Image.Image, orientation: int = 1) -> bytes:
    """A JPEG that tells where it was taken and how the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return saved(image, "JPEG", quality=95, exif=exif.tobytes(), comment=b"SECRETCOMMENT")


EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\n"
    b"(/tmp/pwned) (w) file closefile\nshowpage\n%%EOF\n"
)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML_TAIL = b"<html><script>alert(document.cookie)</script></html>"
