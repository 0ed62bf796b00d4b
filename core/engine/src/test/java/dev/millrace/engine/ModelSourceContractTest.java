/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.spi.model.ModelSource;
import dev.millrace.spi.model.PackagedModel;
import dev.millrace.tck.ModelSourceContract;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract of all model sources, for both that the engine has of its own. */
class ModelSourceContractTest {

    @TempDir
    Path folder;

    @Nested
    class Paths extends ModelSourceContract {

        @BeforeEach
        void make() throws IOException {
            Files.writeString(folder.resolve("model.gguf"), "GGUF");
        }

        @Override
        protected ModelSource source() {
            return new ModelPaths();
        }

        @Override
        protected String known() {
            return folder.resolve("model.gguf").toString();
        }
    }

    @Nested
    class Packages extends ModelSourceContract {

        @Override
        protected ModelSource source() {
            return new PackagedModels(() -> List.of(new Hello()), folder);
        }

        @Override
        protected String known() {
            return "hello";
        }
    }

    /** A model of five bytes. */
    private record Hello() implements PackagedModel {

        @Override
        public String name() {
            return "hello";
        }

        @Override
        public String fileName() {
            return "hello.gguf";
        }

        @Override
        public String sha256() {
            return "185f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969";
        }

        @Override
        public long size() {
            return 5;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(new byte[]{'H', 'e', 'l', 'l', 'o'});
        }
    }
}
