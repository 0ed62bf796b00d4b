/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.text.tokenizer.AddedTokens.Trust;
import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Runs texts through a {@link Pipeline}. Immutable but for the model's cache. */
final class PipelineTokenizer implements PromptTokenizer {

    private final Pipeline pipeline;
    private final Splitter[] splitters;

    PipelineTokenizer(Pipeline pipeline) {
        this.pipeline = pipeline;
        this.splitters = pipeline.splitters().toArray(Splitter[]::new);
    }

    @Override
    public int size() {
        return pipeline.spelling().bytes().size();
    }

    @Override
    public int[] encode(String text) {
        return encode(text, (from, to) -> false);
    }

    @Override
    public int[] encodeWithControl(String text) {
        return encode(text, (from, to) -> true);
    }

    @Override
    public int[] encode(PromptText prompt) {
        return encode(prompt.text(), prompt::isTrusted);
    }

    @Override
    public String decode(int... ids) {
        TokenDecoder decoder = decoder();
        for (int id : ids) {
            decoder.accept(id);
        }
        return decoder.finish();
    }

    @Override
    public byte[] bytes(int id) {
        Vocabulary tokens = pipeline.spelling().bytes();
        if (id < 0 || id >= tokens.size()) {
            throw new IllegalArgumentException(
                    "There is no token with id " + id + "; ids run from 0 to " + (tokens.size() - 1) + ".");
        }
        return Arrays.copyOfRange(tokens.data(), tokens.start(id), tokens.end(id));
    }

    @Override
    public TokenDecoder decoder() {
        return new TokenDecoder(pipeline.spelling());
    }

    @Override
    public OptionalInt id(String token) {
        return pipeline.names().id(token);
    }

    @Override
    public boolean isControl(int id) {
        return id >= 0 && pipeline.controls().get(id);
    }

    @Override
    public OptionalInt bos() {
        return pipeline.bos();
    }

    @Override
    public OptionalInt eos() {
        return pipeline.eos();
    }

    @Override
    public boolean addsBos() {
        return pipeline.addsBos();
    }

    private int[] encode(String text, Trust trust) {
        char[] chars = text.toCharArray();
        Utf8.requireWellFormed(chars);
        Encoding encoding = new Encoding(chars.length / 4 + 16);
        encoding.rawSegments(chars, trust);
        return encoding.out.toArray();
    }

    /** One call. */
    private final class Encoding {

        private final IntList out;
        private final TokenModel.Worker worker = pipeline.model().worker();

        Encoding(int capacity) {
            out = new IntList(capacity);
        }

        void rawSegments(char[] text, Trust trust) {
            IntList found = pipeline.rawTokens().find(text, 0, text.length, trust);
            int from = 0;
            for (int i = 0; i < found.size(); i += 3) {
                normalise(text, from, found.get(i), trust);
                out.add(found.get(i + 2));
                from = found.get(i + 1);
            }
            normalise(text, from, text.length, trust);
        }

        private void normalise(char[] text, int from, int to, Trust trust) {
            if (from >= to) {
                return;
            }
            Normaliser normaliser = pipeline.normaliser();
            if (normaliser == null) {
                normalisedSegments(text, from, to, from == 0, trust);
                return;
            }
            String segment = new String(text, from, to - from);
            char[] normalised = normaliser.apply(segment).toCharArray();
            // normalising may carry characters across the seam to text from outside, so only a segment that is trusted as a
            // whole keeps its trust
            boolean trusted = trust.isTrusted(from, to);
            normalisedSegments(normalised, 0, normalised.length, from == 0, (start, end) -> trusted);
        }

        private void normalisedSegments(char[] text, int start, int end, boolean first, Trust trust) {
            IntList found = pipeline.normalisedTokens().find(text, start, end, trust);
            int from = start;
            for (int i = 0; i < found.size(); i += 3) {
                pieces(text, from, found.get(i), first && from == start);
                out.add(found.get(i + 2));
                from = found.get(i + 1);
            }
            pieces(text, from, end, first && from == start);
        }

        private void pieces(char[] text, int from, int to, boolean first) {
            if (from >= to) {
                return;
            }
            if (pipeline.preTokenizers().isEmpty()) {
                split(text, from, to, 0);
                return;
            }
            Pieces pieces = Pieces.whole(text, from, to, first);
            for (PreTokenizer preTokenizer : pipeline.preTokenizers()) {
                pieces = preTokenizer.apply(pieces);
            }
            for (int i = 0; i < pieces.count(); i++) {
                split(pieces.text(), pieces.from(i), pieces.to(i), 0);
            }
        }

        private void split(char[] text, int from, int to, int level) {
            if (level == splitters.length) {
                worker.encode(text, from, to, out);
                return;
            }
            Splitter splitter = splitters[level];
            for (int at = from; at < to;) {
                int end = splitter.end(text, at, to);
                split(text, at, end, level + 1);
                at = end;
            }
        }
    }
}
