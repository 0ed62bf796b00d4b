/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;

/** Files with a checksum at their end that says they are sound, and what no version has written. */
final class Damage {

    private static final int[] NUMBERS = {-1, 0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 20, 0x7fff};

    private Damage() {
    }

    /** The file with other numbers, bits, bytes too many or too few in it, most of them near its beginning, and the right checksum. */
    static byte[] sealed(byte[] file, Random random) {
        byte[] content = Arrays.copyOf(file, file.length - Long.BYTES);
        int at = Long.BYTES + random.nextInt(random.nextInt(3) == 0 ? content.length - 2 * Long.BYTES : 64);
        switch (random.nextInt(4)) {
            case 0 -> content[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> ByteBuffer.wrap(content).putInt(at & -Integer.BYTES, NUMBERS[random.nextInt(NUMBERS.length)]);
            case 2 -> content = Arrays.copyOf(content, content.length + 1 + random.nextInt(100));
            default -> content = Arrays.copyOf(content, at);
        }
        CRC32C checksum = new CRC32C();
        checksum.update(content);
        return ByteBuffer.allocate(content.length + Long.BYTES).put(content).putLong(checksum.getValue()).array();
    }
}
