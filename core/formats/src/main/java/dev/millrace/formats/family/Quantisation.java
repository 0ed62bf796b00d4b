/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.family;

import dev.millrace.spi.model.Keys;

/** Quantisation schemes that config.json names. Each packs weights in another way, which is never guessed. */
final class Quantisation {

    private static final String CONFIG = "quantization_config";
    /** MLX writes this one. */
    private static final String MLX = "quantization";

    private Quantisation() {
    }

    /** Refuses a folder whose weights are packed in a way that its family does not read. */
    static void refuse(Keys keys) {
        String method = method(keys);
        if (!method.isEmpty() && !method.equals("mxfp4")) {
            throw keys.wrong(keys.has(CONFIG) ? CONFIG : MLX, "says that the weights are quantised by " + method
                    + ", which is not read; take the model's GGUF file, or its folder in bfloat16 or float16");
        }
    }

    /** The scheme, empty if there is none. */
    static String method(Keys keys) {
        if (keys.has(MLX)) {
            return "MLX";
        }
        if (!keys.has(CONFIG) || "none".equals(keys.find(CONFIG))) {
            return "";
        }
        Keys config = keys.group(CONFIG);
        return config.text("quant_method").orElse(config.has("group_size") ? "MLX" : "a scheme without a name");
    }
}
