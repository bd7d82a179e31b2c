"""Write yearbook.xls and the same under the protection that Excel opens by itself (needs xlwt 1.3.0 and olefile).

    python tests/reference/old_workbooks.py

The second has the RC4 encryption of [MS-XLS] 2.2.10 with the password VelvetSweatshop of [MS-OFFCRYPTO] 2.1.
"""

from __future__ import annotations

import datetime
import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path

import olefile
import xlwt
from xlwt.CompoundDoc import XlsDoc

HERE = Path(__file__).parent
PASSWORD = "VelvetSweatshop".encode("utf-16-le")
SALT, VERIFIER = bytes(range(16)), bytes(range(100, 116))
FILEPASS, BOUNDSHEET, IN_THE_CLEAR = 0x2F, 0x85, (0x809, 0x2F, 0xE1)


def plain(path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("表1")
    sheet.write_merge(0, 0, 0, 3, "2-1 各地区研发经费")
    sheet.write(1, 3, "单位：亿元")
    rows = [["地 区", "年份", "经费", "人 员"], ["Region", "Year", "R&D", "Persons"], ["全 国", 2020, 30.5, 1], ["北 京", 2020, 10.25, 2]]
    for i, row in enumerate([*rows, ["上 海", 2020, 20.25, "…"], ["注：x"]], 2):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    other = book.add_sheet("d")
    other.write(0, 0, datetime.date(2013, 12, 31), xlwt.easyxf(num_format_str="YYYY-MM-DD"))
    other.write(0, 1, xlwt.Formula("1+1"))
    other.write(0, 2, True)
    other.write(0, 3, 0.1)
    other.write(2, 4, 123456789012)
    book.save(str(path))


def stream_of_rc4(key: bytes) -> Iterator[int]:
    box, j = list(range(256)), 0
    for k in range(256):
        j = (j + box[k] + key[k % len(key)]) & 255
        box[k], box[j] = box[j], box[k]
    a = b = 0
    while True:
        a = (a + 1) & 255
        b = (b + box[a]) & 255
        box[a], box[b] = box[b], box[a]
        yield box[(box[a] + box[b]) & 255]


def protect(source: Path, path: Path) -> None:
    content = olefile.OleFileIO(str(source)).openstream("Workbook").read()
    records, at = [], 0
    while at < len(content):
        kind, size = struct.unpack_from("<HH", content, at)
        if kind == size == 0:
            break
        records.append((kind, content[at + 4 : at + 4 + size]))
        at += 4 + size
    first = hashlib.md5(PASSWORD).digest()[:5]
    base = hashlib.md5((first + SALT) * 16).digest()[:5]

    def key(block: int) -> Iterator[int]:
        return stream_of_rc4(hashlib.md5(base + struct.pack("<I", block)).digest())

    cipher = key(0)
    check = [bytes(byte ^ next(cipher) for byte in text) for text in (VERIFIER, hashlib.md5(VERIFIER).digest())]
    head = struct.pack("<HHH", 1, 1, 1) + SALT + b"".join(check)
    out, hidden = bytearray(), list[bool]()
    for kind, body in [records[0], (FILEPASS, head), *records[1:]]:
        if kind == BOUNDSHEET:  # the first bytes of every sheet move, and their positions stay in the clear
            body = struct.pack("<I", struct.unpack_from("<I", body)[0] + 4 + len(head)) + body[4:]
        out += struct.pack("<HH", kind, len(body)) + body
        mask = [kind not in IN_THE_CLEAR] * len(body)
        hidden += [False] * 4 + ([False] * 4 + mask[4:] if kind == BOUNDSHEET else mask)
    rest = (-len(out) - 4) % 4096
    out += struct.pack("<HH", 0, rest) + bytes(rest)
    hidden += [False] * (4 + rest)
    for block in range(0, len(out), 1024):
        cipher = key(block // 1024)
        for at in range(block, min(block + 1024, len(out))):
            byte = next(cipher)
            out[at] ^= byte if hidden[at] else 0
    XlsDoc().save(str(path), bytes(out))


if __name__ == "__main__":
    plain(HERE / "yearbook.xls")
    protect(HERE / "yearbook.xls", HERE / "yearbook_protected.xls")
