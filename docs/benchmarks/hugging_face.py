# Measures Hugging Face tokenizers on one thread, for comparison with TokenizerBenchmark.
#   pip install tokenizers
#   RAYON_NUM_THREADS=1 python3 hugging_face.py TOKENIZER.json TEXT
import statistics
import sys
import time

from tokenizers import Tokenizer

tokenizer = Tokenizer.from_file(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    text = file.read()
lines = text.splitlines(keepends=True)
size = len(text.encode()) / 1e6
ids = tokenizer.encode(text, add_special_tokens=False).ids


def speed(work, rounds=9):
    """Megabytes a second: the median of all rounds."""
    seconds = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return size / statistics.median(seconds)


print(f"{len(ids)} tokens")
print(f"encode whole    {speed(lambda: tokenizer.encode(text, add_special_tokens=False)):7.1f} MB/s")
print(f"encode by lines {speed(lambda: tokenizer.encode_batch_fast(lines, add_special_tokens=False)):7.1f} MB/s")
print(f"decode          {speed(lambda: tokenizer.decode(ids, skip_special_tokens=False)):7.1f} MB/s")
