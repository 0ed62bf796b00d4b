/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Sampling;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A model file without weights: a byte vocabulary with control tokens, a small template, one attention and one conv layer. */
public final class ScriptedModel implements ModelFile {

    static final List<String> CONTROL = List.of("<|pad|>", "<|startoftext|>", "<|im_start|>", "<|im_end|>",
            "<|tool_call_start|>", "<|tool_call_end|>", "<think>", "</think>");
    static final int VOCABULARY = CONTROL.size() + 256;
    static final int CONTEXT = 2048;

    private static final String TEMPLATE = """
            {{- bos_token -}}
            {%- if tools -%}{{- "<|im_start|>system\\nList of tools: " + (tools | tojson) + "<|im_end|>\\n" -}}{%- endif -%}
            {%- set ns = namespace(last=-1) -%}
            {%- for m in messages -%}{%- if m.role == "user" -%}{%- set ns.last = loop.index0 -%}{%- endif -%}{%- endfor -%}
            {%- for m in messages -%}
            {{- "<|im_start|>" + m.role + "\\n" -}}
            {%- if m.thinking is defined and loop.index0 > ns.last -%}{{- "<think>" + m.thinking + "</think>" -}}{%- endif -%}
            {{- m.content or "" -}}
            {%- if m.tool_calls -%}{{- "<|tool_call_start|>[" -}}
            {%- for c in m.tool_calls -%}{{- c.function.name + "(" -}}
            {%- for k, v in c.function.arguments.items() -%}{{- k + "=" + (v | tojson) + ("" if loop.last else ", ") -}}{%- endfor -%}
            {{- ")" + ("" if loop.last else ", ") -}}{%- endfor -%}{{- "]<|tool_call_end|>" -}}{%- endif -%}
            {{- "<|im_end|>\\n" -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- "<|im_start|>assistant\\n" -}}{%- endif -%}
            """;

    private final Path path;
    boolean closed;

    public ScriptedModel(Path path) {
        this.path = path;
    }

    /** Opens any file whose name ends with {@code .scripted}. */
    static final class Format implements ModelFormat {
        @Override
        public String id() {
            return "scripted";
        }

        @Override
        public boolean recognises(Path path) {
            return path.toString().endsWith(".scripted");
        }

        @Override
        public ModelFile open(Path path) {
            return new ScriptedModel(path);
        }
    }

    private record Weights(String name, long rows, long columns) implements Tensor {
        @Override
        public TensorType type() {
            return TensorType.F32;
        }

        @Override
        public MemorySegment map(Arena arena) {
            return arena.allocate(byteSize());
        }

        @Override
        public void read(long firstRow, int count, float[] into, int at) {
            Arrays.fill(into, at, Math.toIntExact(at + count * columns), 0);
        }

        @Override
        public Tensor slice(long firstRow, long count) {
            return new Weights(name, count, columns);
        }
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public Map<String, Object> metadata() {
        return Map.of();
    }

    @Override
    public Program program() {
        int hidden = 8;
        Blueprint.Norm norm = new Blueprint.Norm(new Weights("norm", 1, hidden), 1e-5f);
        Blueprint.Norm headNorm = new Blueprint.Norm(new Weights("head_norm", 1, 4), 1e-5f);
        Tensor square = new Weights("square", hidden, hidden);
        Blueprint.Dense dense = new Blueprint.Dense(square, square, square);
        Blueprint.Mixer attention = Blueprint.Attention.plain(2, 1, 4, square, new Weights("k", 4, hidden),
                new Weights("v", 4, hidden), square, new Position.Rope(4, 10_000)).withNorms(headNorm, headNorm);
        Blueprint.Mixer conv = new Blueprint.ShortConv(3, new Weights("in", 24, hidden),
                new Weights("kernel", hidden, 3),
                square);
        Tensor embedding = new Weights("embedding", VOCABULARY, hidden);
        return new Blueprint("scripted", VOCABULARY, hidden, CONTEXT, embedding,
                List.of(new Blueprint.Layer(norm, attention, norm, dense),
                        new Blueprint.Layer(norm, conv, norm, dense)),
                norm,
                embedding);
    }

    @Override
    public Optional<VocabularySource> vocabulary() {
        List<String> tokens = new ArrayList<>(CONTROL);
        int[] types = new int[VOCABULARY];
        Arrays.fill(types, 1);
        Arrays.fill(types, 0, CONTROL.size(), 3);
        for (int b = 0; b < 256; b++) {
            tokens.add(spelling(b));
        }
        return Optional.of(new VocabularySource.Table("gpt2", "lfm2", tokens, types, new float[0], List.of(),
                OptionalInt.of(1), OptionalInt.of(3), OptionalInt.empty(), false));
    }

    /** How byte-level vocabularies spell a byte: printable Latin-1 as itself, the others from U+0100 on. */
    private static String spelling(int value) {
        int hidden = 0;
        for (int b = 0; b <= value; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
            if (b == value) {
                return Character.toString(printable ? b : 0x100 + hidden);
            }
            if (!printable) {
                hidden++;
            }
        }
        throw new IllegalArgumentException("not a byte: " + value);
    }

    @Override
    public Optional<String> chatTemplate() {
        return Optional.of(TEMPLATE);
    }

    @Override
    public Sampling sampling() {
        return Sampling.greedy();
    }

    @Override
    public Set<Integer> endTokens() {
        return Set.of(3);
    }

    @Override
    public void close() {
        closed = true;
    }
}
