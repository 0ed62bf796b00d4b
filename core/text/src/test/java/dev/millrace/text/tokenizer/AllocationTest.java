/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.millrace.spi.model.VocabularySource.Table;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoding allocates the result, one copy of the text, and nothing for each token. */
class AllocationTest {

    /** Grown lists of ids are copied: what they leave behind is at most three times what they hold in the end. */
    private static final int BYTES_PER_ID = 4 + 3 * 4;
    /** A copy as chars, and the list's first size, which is a quarter of an int for each. */
    private static final int BYTES_PER_CHAR = 2 + 1;
    /** The entries of a cache that one text may fill and push out. */
    private static final int ALWAYS = (PieceCache.PUSHED_OUT + (1 << 15)) * 300;

    @ParameterizedTest
    @ValueSource(strings = {"lfm2", "llama-bpe", "llama3", "gpt-2", "qwen2", "qwen35", "deepseek-llm", "deepseek-coder",
            "deepseek-v3", "falcon", "starcoder", "refact", "mpt", "command-r", "smollm", "tekken", "gpt-4o",
            "default"})
    void encodingAllocatesInProportionToTheResult(String split) {
        Table nano = Nano.table();
        PromptTokenizer tokenizer = Tokenizers.of(new Table(nano.model(), split, nano.tokens(), nano.types(),
                nano.scores(), nano.merges(), nano.bos(), nano.eos(), nano.unknown(), nano.addSpacePrefix()));
        // words that no cache has seen: each miss would show
        String text = words(3 << 20);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().threadId();
        long before = threads.getThreadAllocatedBytes(thread);
        int ids = tokenizer.encode(text).length;
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        long most = ALWAYS + (long) BYTES_PER_CHAR * text.length() + (long) BYTES_PER_ID * ids;
        assertTrue(allocated <= most, () -> allocated + " bytes were allocated for " + ids + " ids, at most " + most
                + " are expected");
    }

    private static String words(int size) {
        Random random = new Random(73);
        StringBuilder text = new StringBuilder(size + 16);
        while (text.length() < size) {
            for (int n = 1 + random.nextInt(9); n > 0; n--) {
                text.append((char) ('a' + random.nextInt(26)));
            }
            text.append(random.nextInt(9) == 0 ? ", " : " ");
        }
        return text.toString();
    }
}
