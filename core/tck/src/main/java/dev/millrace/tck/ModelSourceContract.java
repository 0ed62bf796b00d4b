/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/** What every model source promises. A source's tests extend this class and name the source and a reference that it knows. */
@DisplayNameGeneration(Sentences.class)
public abstract class ModelSourceContract {

    /** For classes that extend this one. */
    protected ModelSourceContract() {
    }

    /**
     * The source under test.
     *
     * @return the same each time, or a new one over the same models
     */
    protected abstract ModelSource source();

    /**
     * A reference that means a model which is there.
     *
     * @return what a user writes
     */
    protected abstract String known();

    private static void assertThere(String reference, ModelSource.Resolved resolved) {
        assertTrue(Files.exists(resolved.path()),
                () -> reference + " is resolved to " + resolved.path() + ", where nothing is.");
        for (Path part : resolved.parts()) {
            assertTrue(Files.isRegularFile(part), () -> reference + " has the part " + part + ", where no file is.");
        }
        resolved.suggestedTools().forEach(name -> assertFalse(name.isBlank()));
    }

    private ModelSource.Resolved resolved(String reference) {
        return source().resolve(reference, Progress.NONE).orElseThrow(() -> new AssertionError(
                "\"" + reference + "\" is known and resolves to nothing."));
    }

    @Test
    void whatItSaysOfItselfStaysTheSame() {
        assertFalse(source().id().isBlank(), "id is a short name, for messages");
        assertEquals(source().id(), source().id());
        assertEquals(source().order(), source().order(), "order is a constant");
    }

    @Test
    void aKnownReferenceIsResolvedToWhatIsThere() {
        ModelSource.Resolved first = resolved(known());
        assertThere(known(), first);
        assertEquals(first, resolved(known()), "the same reference gives the same model again");
    }

    @Test
    void everyNameThatIsListedIsResolved() {
        List<String> names = source().names();
        assertEquals(names.stream().distinct().toList(), names, "names() lists a name twice");
        names.forEach(name -> assertThere(name, resolved(name)));
    }

    @Test
    void whatItDoesNotKnowIsLeftToOthers() {
        for (String reference : List.of("tck-none", "tck/none", "/tck/none.gguf", "", " ", "\0", "a\0b", "..\\..\\x",
                "\n",
                "x".repeat(10_000), "https://localhost:1/none.gguf", known() + "\0", "é😀", "*?<>|\"", "-", "--help")) {
            Optional<ModelSource.Resolved> found;
            try {
                found = source().resolve(reference, Progress.NONE);
            } catch (MillraceException e) {
                // known, and cannot be had: the reason is for people
                Bench.assertSentence(String.valueOf(e.getMessage()));
                continue;
            } catch (RuntimeException e) {
                throw new AssertionError("resolve(" + AnswerEvents.shown(reference) + ") gives " + e
                        + ": what means nothing here is an empty result.", e);
            }
            assertTrue(found.isEmpty(), () -> "resolve(" + AnswerEvents.shown(reference) + ") gives " + found
                    + ", although the reference means nothing.");
        }
    }
}
