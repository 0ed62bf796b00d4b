/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Sampling;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.jspecify.annotations.Nullable;

/** A folder that holds tensors and a graph in two variants: nothing that is kept of one is taken for another's. */
@Timeout(60)
class IdentityTest {

    private static final String SYSTEM = "You run inside a gateway. ".repeat(8);

    @TempDir
    Path folder;

    private Path model;

    /** The scripted model, also as a graph. */
    private record Both(Path path) implements ModelFile {

        static final class Format implements ModelFormat {
            @Override
            public String id() {
                return "both";
            }

            @Override
            public boolean recognises(Path path) {
                return Files.isDirectory(path);
            }

            @Override
            public ModelFile open(Path path) {
                return new Both(path);
            }
        }

        private ModelFile scripted() {
            return new ScriptedModel(path);
        }

        @Override
        public List<Program> programs() {
            return List.of(program(), graph());
        }

        private Graph graph() {
            return new Graph("scripted", "scripted", ScriptedModel.VOCABULARY, 8, ScriptedModel.CONTEXT,
                    program().stateShapes(), List.of(variant("q4"), variant("fp32")));
        }

        private Graph.Variant variant(String name) {
            Path data = path.resolve(name + ".data");
            try {
                return new Graph.Variant(name, path.resolve(name + ".graph"), List.of(data), Files.size(data));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String name() {
            return "both";
        }

        @Override
        public Map<String, @Nullable Object> metadata() {
            return Map.of();
        }

        @Override
        public Program program() {
            return scripted().program();
        }

        @Override
        public Optional<VocabularySource> vocabulary() {
            return scripted().vocabulary();
        }

        @Override
        public Optional<String> chatTemplate() {
            return scripted().chatTemplate();
        }

        @Override
        public Sampling sampling() {
            return Sampling.greedy();
        }

        @Override
        public Set<Integer> endTokens() {
            return scripted().endTokens();
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    @BeforeEach
    void write() throws IOException {
        model = Files.createDirectory(folder.resolve("model"));
        for (String name : List.of("q4", "fp32")) {
            Files.writeString(model.resolve(name + ".graph"), name);
            Files.writeString(model.resolve(name + ".data"), name + " weights");
        }
    }

    private static ScriptedBackend graphs() {
        ScriptedBackend backend = new ScriptedBackend("g", true, "Yes.", "No.");
        backend.runs = Graph.class::isInstance;
        backend.variant = "q4";
        return backend;
    }

    private static ScriptedBackend tensors() {
        ScriptedBackend backend = new ScriptedBackend("t", true, "Yes.", "No.");
        backend.runs = Blueprint.class::isInstance;
        return backend;
    }

    private Stage stage(ScriptedBackend... backends) {
        Stage stage = new Stage(folder, backends);
        stage.services.formats.add(new Both.Format());
        return stage;
    }

    private static Answer ask(Model model) {
        try (Conversation conversation = model.conversation().system(SYSTEM).start()) {
            return conversation.send("Is it warm?").answer();
        }
    }

    private int cached(Stage stage) {
        try (Model open = stage.open(model)) {
            return ask(open).usage().cachedTokens();
        }
    }

    @Test
    void anotherVariantReadsABeginningAgain() {
        ScriptedBackend backend = graphs();
        try (Stage stage = stage(backend)) {
            assertEquals(0, cached(stage));
            assertTrue(cached(stage) > SYSTEM.length());
            backend.variant = "fp32";
            assertEquals(0, cached(stage), "the first run of another variant");
            assertTrue(cached(stage) > SYSTEM.length());
            backend.variant = "q4";
            assertTrue(cached(stage) > SYSTEM.length());
        }
    }

    @Test
    void newWeightsOfTheSameSizeAndTimeReadABeginningAgain() throws IOException {
        try (Stage stage = stage(graphs())) {
            cached(stage);
            Path data = model.resolve("q4.data");
            FileTime time = Files.getLastModifiedTime(data);
            Files.writeString(data, "q5 weights");
            Files.setLastModifiedTime(data, time);
            assertEquals(0, cached(stage));
        }
    }

    @Test
    void theWeightsOfAVariantThatDoesNotRunDoNotMatter() throws IOException {
        try (Stage stage = stage(graphs())) {
            cached(stage);
            Files.writeString(model.resolve("fp32.data"), "other, and longer");
            assertTrue(cached(stage) > SYSTEM.length());
        }
    }

    @Test
    void aBeginningInMemoryIsNotTakenAfterAMove() {
        try (Stage stage = stage(graphs(), tensors());
                Model open = stage.engine.open(model.toString(), ModelOptions.defaults().withBackend("g"))) {
            ask(open);
            assertTrue(ask(open).usage().cachedTokens() > SYSTEM.length());
            open.moveTo("t");
            assertEquals(0, ask(open).usage().cachedTokens(), "the graph read it");
            assertTrue(ask(open).usage().cachedTokens() > SYSTEM.length());
        }
    }

    @Test
    void theVariantThatRunsIsTold() {
        ScriptedBackend backend = graphs();
        backend.variant = "fp32";
        try (Stage stage = stage(backend, tensors());
                Model open = stage.engine.open(model.toString(), ModelOptions.defaults().withBackend("g"))) {
            assertEquals("fp32", open.info().quantisation());
            assertEquals("fp32 weights".length(), open.info().weightBytes());
            open.moveTo("t");
            assertEquals("F32", open.info().quantisation());
            open.moveTo("g");
            assertEquals("fp32", open.info().quantisation());
        }
    }

    @Test
    void aConversationMovesBetweenTheProgramsOfAFolderWithoutReadingAgain() {
        ScriptedBackend tensors = tensors();
        try (Stage stage = stage(graphs(), tensors);
                Model open = stage.engine.open(model.toString(), ModelOptions.defaults().withBackend("g"));
                Conversation conversation = open.conversation().system(SYSTEM).start()) {
            assertEquals("Yes.", conversation.send("Is it warm?").answer().text());
            open.moveTo("t");
            Answer answer = conversation.send("Or cold?").answer();
            assertEquals("No.", answer.text());
            assertTrue(answer.usage().cachedTokens() > SYSTEM.length());
        }
    }

    private Answer restored(Stage stage, String backend, Path saved) {
        try (Model open = stage.engine.open(model.toString(), ModelOptions.defaults().withBackend(backend));
                Conversation conversation = open.conversation().restore(saved).start()) {
            assertEquals(3, conversation.messages().size());
            return conversation.send("Or cold?").answer();
        }
    }

    @Test
    void aSavedConversationGoesOnExactlyOrIsReadAgain() throws IOException {
        Path saved = folder.resolve("saved");
        ScriptedBackend backend = graphs();
        try (Stage stage = stage(backend, tensors())) {
            try (Model open = stage.engine.open(model.toString(), ModelOptions.defaults().withBackend("g"));
                    Conversation conversation = open.conversation().system(SYSTEM).start()) {
                conversation.send("Is it warm?").answer();
                conversation.save(saved);
            }
            Answer same = restored(stage, "g", saved);
            assertEquals("No.", same.text());
            assertTrue(same.usage().cachedTokens() > SYSTEM.length());
            backend.variant = "fp32";
            Answer other = restored(stage, "g", saved);
            assertEquals("No.", other.text());
            assertEquals(0, other.usage().cachedTokens(), "another variant has other numbers");
            assertEquals("No.", restored(stage, "t", saved).text());
        }
    }
}
