/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.spi.model.ModelFormat;
import dev.millrace.tck.ModelFormatContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of all model formats, for GGUF, Hugging Face folders in one part and in several, and ONNX folders. */
@ParameterizedClass
@MethodSource("kinds")
class ModelFormatContractTest extends ModelFormatContract {

    private interface Writer {
        Path write(Path folder) throws IOException;
    }

    /** A kind of model on disk. */
    record Kind(String name, ModelFormat format, Writer writer) {

        @Override
        public String toString() {
            return name;
        }
    }

    private final Kind kind;

    ModelFormatContractTest(Kind kind) {
        this.kind = kind;
    }

    static Stream<Kind> kinds() {
        return Stream.of(
                new Kind("gguf", new GgufFormat(), folder -> new SmallGguf().write(folder.resolve("model.gguf"))),
                new Kind("safetensors", new SafetensorsFormat(), folder -> new SmallFolder().write(folder)),
                new Kind("safetensors in parts", new SafetensorsFormat(),
                        folder -> new SmallFolder().writeSharded(folder)));
    }

    @Override
    protected ModelFormat format() {
        return kind.format;
    }

    @Override
    protected Path write(Path empty) throws IOException {
        return kind.writer.write(empty);
    }
}
