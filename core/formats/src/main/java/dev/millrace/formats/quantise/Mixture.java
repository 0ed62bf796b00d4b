/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.quantise;

import dev.millrace.formats.gguf.OutgoingTensor;
import dev.millrace.spi.model.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which type each tensor of a model gets, under the names that people know from llama.cpp: most matrices get the usual type, those
 * that lose the most a finer one (llama.cpp, {@code llama-quant.cpp}).
 */
public enum Mixture {
    /** 16 bits. */
    F16(1, TensorType.F16),
    /** 16 bits with the range of float32. */
    BF16(32, TensorType.BF16),
    /** 8 bits. */
    Q8_0(7, TensorType.Q8_0),
    /** 6 bits. */
    Q6_K(18, TensorType.Q6_K),
    /** 5 bits, some in 6. */
    Q5_K_M(17, TensorType.Q5_K),
    /** 5 bits. */
    Q5_K_S(16, TensorType.Q5_K),
    /** 4 bits, some in 6. */
    Q4_K_M(15, TensorType.Q4_K),
    /** 4 bits, some in 5. */
    Q4_K_S(14, TensorType.Q4_K),
    /** 3 bits, many in 5. */
    Q3_K_L(13, TensorType.Q3_K),
    /** 3 bits, some in 4 and 5. */
    Q3_K_M(12, TensorType.Q3_K),
    /** 3 bits. */
    Q3_K_S(11, TensorType.Q3_K),
    /** 2 bits, many in 3. */
    Q2_K(10, TensorType.Q2_K),
    /** 4 bits, the quickest. */
    Q4_0(2, TensorType.Q4_0),
    /** 4 bits with minima. */
    Q4_1(3, TensorType.Q4_1),
    /** 5 bits. */
    Q5_0(8, TensorType.Q5_0),
    /** 5 bits with minima. */
    Q5_1(9, TensorType.Q5_1),
    /** 4 bits through a table. */
    IQ4_NL(25, TensorType.IQ4_NL),
    /** 4 bits through a table, in large blocks. */
    IQ4_XS(30, TensorType.IQ4_XS),
    /** Experts in small floats, all else in 8 bits; without experts the matrices of the layers. */
    MXFP4(38, TensorType.MXFP4);

    private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d{1,6})\\..*");

    private final int fileType;
    private final TensorType usual;

    Mixture(int fileType, TensorType usual) {
        this.fileType = fileType;
        this.usual = usual;
    }

    /**
     * ggml's number for it ({@code enum llama_ftype}).
     *
     * @return the value of {@code general.file_type}
     */
    public int fileType() {
        return fileType;
    }

    /**
     * One by its name.
     *
     * @param name in letters of any case; MXFP4 is also known as MXFP4_MOE
     * @return empty if there is none
     */
    public static Optional<Mixture> of(String name) {
        String wanted = name.toUpperCase(Locale.ROOT).replace("MXFP4_MOE", "MXFP4");
        return Arrays.stream(values()).filter(mixture -> mixture.name().equals(wanted)).findFirst();
    }

    /**
     * The sizes that the choice depends on.
     *
     * @param layers how many
     * @param attention numbers of the layers that have one, in order
     * @param down numbers of the layers with a dense feed-forward, in order
     * @param experts per layer, 0 for none
     * @param sharing query heads per key head
     * @param tied whether the embedding is the head, too
     */
    private record Shape(int layers, List<Integer> attention, List<Integer> down, int experts, int sharing,
            boolean tied) {

        static Shape of(List<OutgoingTensor> tensors) {
            int layers = 0;
            int experts = 0;
            long query = 1;
            long key = 1;
            boolean tied = true;
            Map<Integer, Boolean> attention = new TreeMap<>();
            Map<Integer, Boolean> down = new TreeMap<>();
            for (OutgoingTensor tensor : tensors) {
                String name = tensor.name();
                int layer = layer(name);
                layers = Math.max(layers, layer + 1);
                tied &= !name.equals("output.weight");
                if (name.endsWith("attn_v.weight") || name.endsWith("attn_qkv.weight")) {
                    attention.put(layer, true);
                }
                if (name.endsWith("ffn_down.weight") || name.endsWith("ffn_down_exps.weight")) {
                    down.put(layer, true);
                }
                if (name.endsWith("ffn_down_exps.weight") && tensor.shape().length == 3) {
                    experts = Math.max(experts, (int) tensor.shape()[0]);
                }
                if (name.endsWith("attn_q.weight")) {
                    query = tensor.shape()[0];
                }
                if (name.endsWith("attn_k.weight")) {
                    key = tensor.shape()[0];
                }
            }
            return new Shape(layers, List.copyOf(attention.keySet()), List.copyOf(down.keySet()), experts,
                    (int) (query / key), tied);
        }
    }

    private static int layer(String name) {
        Matcher block = BLOCK.matcher(name);
        return block.matches() ? Integer.parseInt(block.group(1)) : -1;
    }

    /**
     * The tensors with their types.
     *
     * @param tensors of a whole model, as they are
     * @param measured whether the importance of columns is known
     * @return the same with the types that this mixture gives them; what is no matrix, and experts in MXFP4, stay
     */
    public List<OutgoingTensor> of(List<OutgoingTensor> tensors, boolean measured) {
        Shape shape = Shape.of(tensors);
        List<OutgoingTensor> typed = new ArrayList<>();
        for (OutgoingTensor tensor : tensors) {
            typed.add(isQuantised(tensor)
                    ? new OutgoingTensor(tensor.name(), suiting(type(tensor.name(), shape, measured),
                            tensor.shape()[tensor.shape().length - 1]), tensor.shape(), tensor.parts())
                    : tensor);
        }
        return typed;
    }

    /** Matrices that are multiplied; routers and kernels of convolutions are small, and much depends on them. */
    private static boolean isQuantised(OutgoingTensor tensor) {
        String name = tensor.name();
        return tensor.shape().length >= 2 && name.endsWith(".weight") && !name.contains("_norm")
                && !name.contains("ffn_gate_inp") && !name.contains("shortconv.conv") && !name.contains("ssm_conv")
                && tensor.parts().getFirst().type() != TensorType.MXFP4;
    }

    /** A type whose blocks divide the rows. */
    private static TensorType suiting(TensorType wanted, long columns) {
        TensorType type = wanted;
        if (columns % type.blockSize() != 0) {
            type = switch (type) {
                case IQ4_XS -> TensorType.IQ4_NL;
                case Q2_K, Q3_K -> TensorType.Q4_0;
                case Q4_K -> TensorType.Q5_0;
                case Q5_K -> TensorType.Q5_1;
                case Q6_K -> TensorType.Q8_0;
                default -> type;
            };
        }
        return columns % type.blockSize() == 0 ? type : TensorType.F16;
    }

    private TensorType type(String name, Shape shape, boolean measured) {
        if (!usual.isQuantised()) {
            return usual;
        }
        boolean head = name.equals("output.weight") || (shape.tied && name.equals("token_embd.weight"));
        if (this == MXFP4) {
            boolean fed = shape.experts > 0 ? name.contains("_exps") : layer(name) >= 0;
            return fed ? TensorType.MXFP4 : TensorType.Q8_0;
        }
        if (head) {
            return usual == TensorType.Q8_0 ? TensorType.Q8_0 : TensorType.Q6_K;
        }
        if (name.endsWith("attn_v.weight")) {
            return value(shape, shape.attention.indexOf(layer(name)));
        }
        if (name.endsWith("attn_k.weight")) {
            return shape.experts == 8 ? TensorType.Q8_0 : usual;
        }
        if (name.endsWith("attn_qkv.weight")) {
            return switch (this) {
                case Q3_K_M, Q3_K_L -> TensorType.Q4_K;
                case Q4_K_M -> TensorType.Q5_K;
                case Q5_K_M -> TensorType.Q6_K;
                default -> usual;
            };
        }
        if (name.endsWith("attn_output.weight")) {
            return output(shape);
        }
        if (name.contains("ffn_down")) {
            int layer = layer(name);
            return shape.experts > 1
                    ? down(layer, shape.layers, measured)
                    : down(shape.down.indexOf(layer), shape.down.size(), measured);
        }
        return usual;
    }

    /** The first and last eighth of the layers, and every third between. */
    private static boolean isFiner(int index, int count) {
        int eighth = count / 8;
        return index < eighth || index >= 7 * count / 8 || (index - eighth) % 3 == 2;
    }

    private TensorType value(Shape shape, int index) {
        TensorType type = switch (this) {
            case Q2_K -> shape.sharing >= 4 ? TensorType.Q4_K : TensorType.Q3_K;
            case Q3_K_M -> index < 2 ? TensorType.Q5_K : TensorType.Q4_K;
            case Q3_K_L -> TensorType.Q5_K;
            case IQ4_NL, IQ4_XS -> shape.sharing >= 4 ? TensorType.Q5_K : usual;
            case Q4_K_M, Q5_K_M -> isFiner(index, shape.attention.size()) ? TensorType.Q6_K : usual;
            case Q4_K_S -> index < 4 ? TensorType.Q5_K : usual;
            default -> usual;
        };
        return shape.experts == 8 ? TensorType.Q8_0 : type;
    }

    private TensorType output(Shape shape) {
        if (shape.experts == 8) {
            return switch (this) {
                case Q2_K, Q3_K_S, Q3_K_M, IQ4_NL, IQ4_XS, Q4_K_S, Q4_K_M -> TensorType.Q5_K;
                default -> usual;
            };
        }
        return switch (this) {
            case Q2_K -> TensorType.Q3_K;
            case Q3_K_M -> TensorType.Q4_K;
            case Q3_K_L -> TensorType.Q5_K;
            default -> usual;
        };
    }

    private TensorType down(int index, int count, boolean measured) {
        boolean early = index < count / 8;
        return switch (this) {
            case Q2_K -> TensorType.Q3_K;
            case Q3_K_M -> index < count / 16 ? TensorType.Q5_K : TensorType.Q4_K;
            case Q3_K_L -> TensorType.Q5_K;
            case Q4_K_M, Q5_K_M -> isFiner(index, count) ? TensorType.Q6_K : usual;
            case Q4_K_S -> early ? TensorType.Q5_K : usual;
            case IQ4_NL, IQ4_XS -> early && !measured ? TensorType.Q5_K : usual;
            case Q4_0 -> early && measured ? TensorType.Q4_1 : usual;
            case Q5_0 -> early && measured ? TensorType.Q5_1 : usual;
            default -> usual;
        };
    }
}
