/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.List;
import java.util.Random;

/** Texts in many scripts, and texts of any code points. */
final class RandomText {

    static final List<String> SAMPLES = List.of("The valve isn't open; we'll see. 1234567 HTTPServer camelCase 'RE 'ſ",
            "هل المخزن رطب؟ نعم، ٣٥٪", "地下室潮湿吗？温度是二十一度。", "क्या तहख़ाना नम है? श्री", "ห้องใต้ดินชื้นไหม กี่องศา",
            "Tầng hầm có ẩm không? Nhiệt độ 21°C", "Apakah ruang bawah tanah lembap?", "地下室は湿っていますか？ｶﾀｶﾅ",
            "지하실이 습한가요? 예", "👩‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️‍🔥", "e\u0301 a\u0308\u0323 Z̷a̵l̸g̶o̴",
            "tabs\t\tand \r\n\r\n  newlines\n \n x",
            "\u00a0\u2003\u3000\u0085\u2028mixed\u200bspaces", "½ ² Ⅷ ① ٤٢ ৪", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐐀𐑉 🂡",
            "a/b//c\n!?\r\n...", "ǅungla ʰʲ İıß ﬁ");

    private static final int[][] RANGES = {{0x20, 0x7E}, {0, 0x2F}, {0x80, 0x24F}, {0x300, 0x36F}, {0x370, 0x52F},
            {0x590, 0x6FF}, {0x900, 0x9FF}, {0xE00, 0xE7F}, {0x1E00, 0x206F}, {0x2100, 0x218F}, {0x3000, 0x30FF},
            {0x4E00, 0x4E40}, {0xAC00, 0xAC40}, {0xFF00, 0xFFEF}, {0x10400, 0x1044F}, {0x1F300, 0x1F6FF}};

    private RandomText() {
    }

    static String next(Random random) {
        StringBuilder text = new StringBuilder();
        int parts = random.nextInt(12);
        for (int i = 0; i < parts; i++) {
            switch (random.nextInt(4)) {
                case 0 -> {
                    String sample = SAMPLES.get(random.nextInt(SAMPLES.size()));
                    int from = sample.offsetByCodePoints(0, random.nextInt(sample.codePointCount(0, sample.length())));
                    text.append(sample, from, sample.length());
                }
                case 1 -> text.append(List.of("'s", "'LL", " ", "  ", "\n", "\r\n", "\t ", "12", "aB", "Ab", "!", " ?")
                        .get(random.nextInt(12)));
                case 2 -> {
                    int[] range = RANGES[random.nextInt(RANGES.length)];
                    for (int n = random.nextInt(5); n >= 0; n--) {
                        text.appendCodePoint(range[0] + random.nextInt(range[1] - range[0] + 1));
                    }
                }
                default -> text.appendCodePoint(anyCode(random));
            }
        }
        return text.toString();
    }

    private static int anyCode(Random random) {
        int code = random.nextInt(0x110000 - 0x800);
        return code < 0xD800 ? code : code + 0x800;
    }
}
