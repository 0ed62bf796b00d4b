/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the part {@code decoder} of {@code tokenizer.json}. What a step does to a token does not depend on its neighbours, so all of
 * it is done once and for all when the file is read; only what is stripped where a text begins is left for later. For one thread.
 */
final class DecoderReader {

    private final List<UnaryOperator<String>> steps = new ArrayList<>();
    /** Steps that concern how tokens are joined, and so added tokens, too. */
    private final List<UnaryOperator<String>> joins = new ArrayList<>();
    private boolean byteLevel;
    private boolean byteFallback;
    private boolean fused;
    private int lead;

    private DecoderReader() {
    }

    static DecoderReader read(JsonObject root) {
        DecoderReader reader = new DecoderReader();
        if (root.has("decoder")) {
            reader.step(root.object("decoder"));
        } else {
            reader.joined(token -> " " + token);
        }
        return reader;
    }

    /**
     * What tokens read as.
     *
     * @param tokens spelling by id, null where an id is unused
     * @param added whether the id is an added token's, which reads as it is spelled
     */
    Spelling spelling(List<@Nullable String> tokens, IntPredicate added) {
        List<byte @Nullable []> bytes = new ArrayList<>(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            bytes.add(token == null ? null : bytes(token, added.test(id)));
        }
        return new Spelling(new Vocabulary(bytes), lead);
    }

    private byte[] bytes(String token, boolean verbatim) {
        String text = token;
        for (UnaryOperator<String> step : verbatim ? joins : steps) {
            text = step.apply(text);
        }
        if (!verbatim && byteFallback && Fallback.byteOf(text) >= 0) {
            return new byte[]{(byte) Fallback.byteOf(text)};
        }
        byte @Nullable [] level = !verbatim && byteLevel ? ByteAlphabet.bytesOf(text) : null;
        return level != null ? level : text.getBytes(StandardCharsets.UTF_8);
    }

    private void step(JsonObject step) {
        String type = step.string("type");
        switch (type) {
            case "Sequence" -> step.objects("decoders").forEach(this::step);
            case "ByteLevel" -> byteLevel = true;
            case "ByteFallback" -> byteFallback = true;
            case "Fuse" -> fused = true;
            case "Metaspace" -> metaspace(step);
            case "Replace" -> replace(step);
            case "Strip" -> strip(step);
            case "WordPiece" -> wordPiece(step);
            default -> throw new MillraceException(step.key("type") + ": The decoder \"" + type
                    + "\" is not known; known are Sequence, ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip and WordPiece.");
        }
    }

    private void metaspace(JsonObject step) {
        Metaspace metaspace = PreTokenizerReader.metaspace(step);
        steps.add(token -> token.replace(metaspace.replacement(), ' '));
        if (metaspace.prepend() != Metaspace.Prepend.NEVER) {
            lead = Integer.MAX_VALUE;
        }
    }

    private void replace(JsonObject step) {
        if (fused || byteFallback) {
            throw new MillraceException(step.key("type") + ": Replace is supported before ByteFallback and Fuse only.");
        }
        String content = step.string("content");
        JsonObject pattern = step.object("pattern");
        if (pattern.has("String")) {
            String wanted = pattern.string("String");
            steps.add(token -> wanted.isEmpty() ? token : token.replace(wanted, content));
        } else {
            Regex regex = new Regex(pattern.key("Regex"), pattern.string("Regex"));
            steps.add(token -> regex.replace(token, content));
        }
    }

    private void strip(JsonObject step) {
        String content = step.string("content");
        int start = step.number("start", 0, Integer.MAX_VALUE);
        int stop = step.number("stop", 0, Integer.MAX_VALUE);
        if (content.length() != 1) {
            throw step.wrong("content", "one character");
        }
        char c = content.charAt(0);
        if (!fused) {
            steps.add(token -> strip(token, c, start, stop));
        } else if (c == ' ' && stop == 0) {
            lead = start;
        } else {
            throw new MillraceException(
                    step.key("type") + ": After Fuse, only spaces can be stripped, and only where the text begins.");
        }
    }

    private static String strip(String token, char c, int start, int stop) {
        int from = 0;
        while (from < token.length() && from < start && token.charAt(from) == c) {
            from++;
        }
        int to = token.length();
        while (to > from && token.length() - to < stop && token.charAt(to - 1) == c) {
            to--;
        }
        return token.substring(from, to);
    }

    private void wordPiece(JsonObject step) {
        String prefix = step.string("prefix", "##");
        boolean cleanup = step.flag("cleanup", true);
        UnaryOperator<String> join = token -> {
            String text = !prefix.isEmpty() && token.startsWith(prefix)
                    ? token.substring(prefix.length())
                    : " " + token;
            return cleanup ? clean(text) : text;
        };
        joined(join);
    }

    private void joined(UnaryOperator<String> join) {
        steps.add(join);
        joins.add(join);
        lead = 1;
    }

    /** Takes back the spaces before English punctuation and contractions. */
    private static String clean(String text) {
        return text.replace(" .", ".").replace(" ?", "?").replace(" !", "!").replace(" ,", ",").replace(" ' ", "'")
                .replace(" n't", "n't").replace(" 'm", "'m").replace(" do not", " don't").replace(" 's", "'s")
                .replace(" 've", "'ve").replace(" 're", "'re");
    }
}
