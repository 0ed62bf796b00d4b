/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelSource;
import dev.millrace.spi.model.PackagedFile;
import dev.millrace.spi.model.PackagedModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contracts of model sources and packaged models find what is wrong with one. */
class SourceContractsTest {

    /** One thing at a time. */
    enum Fault {
        NONE, KNOWS_EVERYTHING, POINTS_NOWHERE, FEARS_ODD_NAMES, LISTS_WHAT_IT_HAS_NOT, HAS_ANOTHER_DIGEST, HAS_ANOTHER_SIZE, HAS_ONE_STREAM, HAS_A_PATH_FOR_A_NAME, HAS_ONE_NAME_TWICE, HAS_A_DAMAGED_COMPANION
    }

    /** Knows one folder. */
    private record Shelf(Fault fault) implements ModelSource {

        @Override
        public String id() {
            return "shelf";
        }

        @Override
        public int order() {
            return 10;
        }

        @Override
        public Optional<Resolved> resolve(String reference, Progress progress) {
            if (fault == Fault.FEARS_ODD_NAMES && reference.isBlank()) {
                throw new IllegalArgumentException("no name");
            }
            return reference.equals("known") || fault == Fault.KNOWS_EVERYTHING
                    ? Optional.of(new Resolved(Path.of(fault == Fault.POINTS_NOWHERE ? "tck-none" : "")))
                    : Optional.empty();
        }

        @Override
        public List<String> names() {
            return fault == Fault.LISTS_WHAT_IT_HAS_NOT ? List.of("known", "gone") : List.of("known");
        }
    }

    /** Five bytes. */
    private static final class Hello implements PackagedModel {

        private final Fault fault;
        private final InputStream only = new ByteArrayInputStream(new byte[]{'H', 'e', 'l', 'l', 'o'});

        Hello(Fault fault) {
            this.fault = fault;
        }

        @Override
        public String name() {
            return "hello";
        }

        @Override
        public String fileName() {
            return fault == Fault.HAS_A_PATH_FOR_A_NAME ? "../hello.gguf" : "hello.gguf";
        }

        @Override
        public String sha256() {
            return (fault == Fault.HAS_ANOTHER_DIGEST ? "0" : "1")
                    + "85f8db32271fe25f561a6fc938b2e264306ec304eda518007d1764826381969";
        }

        @Override
        public long size() {
            return fault == Fault.HAS_ANOTHER_SIZE ? 6 : 5;
        }

        @Override
        public List<PackagedFile> companions() {
            PackagedModel same = new Hello(
                    fault == Fault.HAS_A_DAMAGED_COMPANION ? Fault.HAS_ANOTHER_DIGEST : Fault.NONE);
            return List.of(new Companion(fault == Fault.HAS_ONE_NAME_TWICE ? "hello.gguf" : "hello.json", same));
        }

        @Override
        public InputStream open() {
            return fault == Fault.HAS_ONE_STREAM
                    ? only
                    : new ByteArrayInputStream(new byte[]{'H', 'e', 'l', 'l', 'o'});
        }
    }

    /** The same bytes beside it. */
    private record Companion(String fileName, PackagedModel model) implements PackagedFile {

        @Override
        public String sha256() {
            return model.sha256();
        }

        @Override
        public long size() {
            return model.size();
        }

        @Override
        public InputStream open() throws IOException {
            return model.open();
        }
    }

    /** The contract, for a source with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Source extends ModelSourceContract {

        private final Fault fault;

        Source(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected ModelSource source() {
            return new Shelf(fault);
        }

        @Override
        protected String known() {
            return "known";
        }
    }

    /** The contract, for a packaged model with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Packaged extends PackagedModelContract {

        private final Hello model;

        Packaged(Fault fault) {
            model = new Hello(fault);
        }

        @Override
        protected PackagedModel model() {
            return model;
        }
    }

    @Test
    void soundOnesPass() {
        ContractRun.all(Source.class, Fault.NONE).assertSound(4);
        ContractRun.all(Packaged.class, Fault.NONE).assertSound(4);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            KNOWS_EVERYTHING,      whatItDoesNotKnowIsLeftToOthers,           means nothing
            FEARS_ODD_NAMES,       whatItDoesNotKnowIsLeftToOthers,           an empty result
            POINTS_NOWHERE,        aKnownReferenceIsResolvedToWhatIsThere,    where nothing is
            LISTS_WHAT_IT_HAS_NOT, everyNameThatIsListedIsResolved,           resolves to nothing
            """)
    void aFaultOfASourceIsReported(Fault fault, String test, String words) {
        ContractRun.one(Source.class, fault, test).assertReports(words);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            HAS_ANOTHER_DIGEST,    contentIsWhatItSays,                  never be unpacked
            HAS_ANOTHER_SIZE,      contentIsWhatItSays,                  size()
            HAS_ONE_STREAM,        everyStreamBeginsAtTheBeginning,      a new stream
            HAS_A_PATH_FOR_A_NAME, namesCanBeTypedAndKept,               a plain name
            HAS_ONE_NAME_TWICE,    filesBesideItHaveNamesOfTheirOwn,     two files
            HAS_A_DAMAGED_COMPANION, contentIsWhatItSays,                of hello.json
            """)
    void aFaultOfAPackagedModelIsReported(Fault fault, String test, String words) {
        ContractRun.one(Packaged.class, fault, test).assertReports(words);
    }
}
