/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Contracts say where they may grow, so that nobody who uses them is surprised. */
class GrowthTest {

    private static final Pattern TYPE = Pattern.compile(
            "(/\\*\\*(?:(?!\\*/).)*\\*/)\\R(?:@[^\\n]*\\R)*public (?:sealed interface|record|enum) (\\w+)",
            Pattern.DOTALL);

    @Test
    void sealedTypesRecordsAndEnumsOfContractsSayThatTheyGrow() throws IOException {
        List<String> silent = new ArrayList<>();
        int seen = 0;
        for (Path file : Rooms.sources("src/main/java")) {
            Path module = Rooms.ROOT.relativize(file);
            if (!module.startsWith("core/api") && !module.startsWith("core/spi")) {
                continue;
            }
            Matcher type = TYPE.matcher(Files.readString(file));
            if (type.find()) {
                seen++;
                if (!type.group(1).contains("may add")) {
                    silent.add(type.group(2));
                }
            }
        }
        assertEquals(List.of(), silent);
        assertTrue(seen > 20, "only " + seen + " types were found");
    }
}
