/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.minilm;

import dev.millrace.spi.model.PackagedFile;
import dev.millrace.spi.model.PackagedModel;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The sentence encoder all-MiniLM-L6-v2 with weights in 8 bits, as an ONNX graph of 23 MB with its WordPiece vocabulary: 384 values
 * for each text of up to 256 tokens. Its makers are those of sentence-transformers; the files are those that LangChain4j has in its
 * artifact of the same name.
 */
@Component
public final class MiniLm implements PackagedModel {

    /** How long a text may be, from the makers' sentence_bert_config.json; the graph itself would take 512. */
    private static final byte[] SENTENCES = "{\"max_seq_length\": 256, \"do_lower_case\": false}\n"
            .getBytes(StandardCharsets.UTF_8);

    /** For the framework and for service loaders. */
    @Activate
    public MiniLm() {
        // nothing is read yet
    }

    @Override
    public String name() {
        return "all-minilm-l6-v2";
    }

    @Override
    public String fileName() {
        return "all-minilm-l6-v2-q.onnx";
    }

    @Override
    public String sha256() {
        return "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1";
    }

    @Override
    public long size() {
        return 22_972_370;
    }

    @Override
    public InputStream open() throws IOException {
        return resource("all-minilm-l6-v2-q.onnx");
    }

    @Override
    public boolean givesEmbeddings() {
        return true;
    }

    @Override
    public List<PackagedFile> companions() {
        return List.of(new Companion("tokenizer.json",
                "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0", 711_661,
                () -> resource("all-minilm-l6-v2-q-tokenizer.json")),
                new Companion("sentence_bert_config.json",
                        "817fdbb83d47c2870846dcfbb227d66c75e38491152c1408f46f2e46d1691ad4", SENTENCES.length,
                        () -> new ByteArrayInputStream(SENTENCES)));
    }

    /** Opens a content. */
    private interface Content {
        InputStream open() throws IOException;
    }

    private record Companion(String fileName, String sha256, long size, Content content) implements PackagedFile {

        @Override
        public InputStream open() throws IOException {
            return content.open();
        }
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = MiniLm.class.getResourceAsStream("/model/" + name);
        if (in == null) {
            throw new FileNotFoundException("/model/" + name);
        }
        return in;
    }
}
