/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import ai.onnxruntime.providers.OrtTensorRTProviderOptions;
import dev.millrace.api.Precision;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What can execute a graph: the processor, or an accelerator that the user's runtime was built for. */
enum Provider {
    /** ONNX Runtime's own kernels. */
    CPU(OrtProvider.CPU, 90) {
        @Override
        void addTo(SessionOptions options, Map<String, String> own) {
            // always there
        }
    },
    /** NVIDIA. */
    CUDA(OrtProvider.CUDA, 250) {
        @Override
        void addTo(SessionOptions options, Map<String, String> own) throws OrtException {
            try (OrtCUDAProviderOptions told = new OrtCUDAProviderOptions(device(own))) {
                for (Map.Entry<String, String> one : own.entrySet()) {
                    told.add(one.getKey(), one.getValue());
                }
                options.addCUDA(told);
            }
        }
    },
    /** NVIDIA, with kernels made for the graph: slow to load. */
    TENSORRT(OrtProvider.TENSOR_RT, 240) {
        @Override
        void addTo(SessionOptions options, Map<String, String> own) throws OrtException {
            try (OrtTensorRTProviderOptions told = new OrtTensorRTProviderOptions(device(own))) {
                for (Map.Entry<String, String> one : own.entrySet()) {
                    told.add(one.getKey(), one.getValue());
                }
                options.addTensorrt(told);
            }
            // for what TensorRT lacks; the names of its options are others
            options.addCUDA(device(own));
        }
    },
    /** Apple. */
    COREML(OrtProvider.CORE_ML, 80) {
        @Override
        void addTo(SessionOptions options, Map<String, String> own) throws OrtException {
            options.addCoreML(own);
        }
    },
    /** Android. */
    NNAPI(OrtProvider.NNAPI, 80) {
        @Override
        void addTo(SessionOptions options, Map<String, String> own) throws OrtException {
            options.addNnapi();
        }
    },
    /** The processor, by other kernels. */
    XNNPACK(OrtProvider.XNNPACK, 80) {
        @Override
        void addTo(SessionOptions options, Map<String, String> own) throws OrtException {
            options.addXnnpack(own);
        }
    };

    /** The most precise first. */
    private static final List<String> EXACT = List.of("fp32", "fp16", "q8", "q4", "q4f16");

    private final OrtProvider provider;
    private final int score;

    Provider(OrtProvider provider, int score) {
        this.provider = provider;
        this.score = score;
    }

    /**
     * Makes a session use it; the processor stays behind it for operators that it lacks.
     *
     * @param own what the provider is told, by its own names
     */
    abstract void addTo(SessionOptions options, Map<String, String> own) throws OrtException;

    /** Which of several accelerators. */
    private static int device(Map<String, String> own) throws OrtException {
        String number = own.getOrDefault("device_id", "0");
        if (!number.matches("[0-9]{1,4}")) {
            throw new OrtException("The option device_id is \"" + number + "\" and no number");
        }
        return Integer.parseInt(number);
    }

    OrtProvider provider() {
        return provider;
    }

    int score() {
        return score;
    }

    /** The names of variants, those first that this provider has good kernels for. */
    List<String> preferred(Precision precision) {
        if (precision == Precision.EXACT) {
            return EXACT;
        }
        return switch (this) {
            case CPU -> List.of("q4", "q8", "fp32", "q4f16", "fp16");
            case CUDA -> List.of("q4f16", "fp16", "q4", "fp32", "q8");
            case TENSORRT -> List.of("fp16", "q4f16", "fp32", "q4", "q8");
            case COREML -> List.of("fp16", "q4f16", "fp32", "q4", "q8");
            case NNAPI -> List.of("q8", "fp16", "fp32", "q4", "q4f16");
            case XNNPACK -> List.of("fp32", "q8", "q4", "fp16", "q4f16");
        };
    }

    String deviceId() {
        return OnnxBackend.ID + ":" + name().toLowerCase(Locale.ROOT);
    }

    static Optional<Provider> ofDevice(String id) {
        for (Provider provider : values()) {
            if (provider.deviceId().equals(id)) {
                return Optional.of(provider);
            }
        }
        return Optional.empty();
    }
}
