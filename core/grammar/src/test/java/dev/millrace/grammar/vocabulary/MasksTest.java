/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.grammar.machine.Grammar;
import dev.millrace.grammar.machine.State;
import dev.millrace.grammar.schema.Instances;
import dev.millrace.grammar.schema.Notation;
import dev.millrace.grammar.schema.SchemaGrammar;
import dev.millrace.grammar.schema.Walker;
import dev.millrace.grammar.source.PatternSource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A mask has exactly those tokens whose bytes the grammar allows, and every way through masks ends in a valid value. */
class MasksTest {

    private static final List<String> SCHEMAS = List.of(
            "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\",\"minimum\":0,"
                    + "\"maximum\":130},\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"maxLength\":12},\"maxItems\":3},"
                    + "\"kind\":{\"enum\":[\"a\",\"b\",\"c c\"]}},\"required\":[\"name\",\"age\"],\"additionalProperties\":false}",
            "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"number\",\"null\",\"boolean\"]},\"maxProperties\":3}",
            "{\"$ref\":\"#/$defs/tree\",\"$defs\":{\"tree\":{\"type\":\"object\",\"properties\":{\"value\":{\"type\":\"string\","
                    + "\"format\":\"date-time\"},\"children\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/tree\"}}},"
                    + "\"required\":[\"value\"]}}}",
            "{\"type\":\"string\",\"pattern\":\"^(\u00e9|[a-z\\u4e00-\\u9fff]){2,9}$\"}", "{}");

    private static Stream<TokenTree> trees() {
        return Stream.of(Optional.of(Vocabularies.nano()), Vocabularies.golden("gpt-2"),
                Optional.of(Vocabularies.large())).flatMap(Optional::stream);
    }

    private static Grammar grammar(String schema) {
        return Walker.made(grammar -> SchemaGrammar.of(Instances.data(Instances.read(schema)), grammar,
                Notation.json(grammar.expressions(), List.of("<think>", "</think>"))));
    }

    @Test
    void everyWayThroughMasksEndsInAValidValue() {
        trees().forEach(tree -> {
            for (String schema : SCHEMAS) {
                Masks masks = new Masks(grammar(schema), tree, Set.of());
                var judge = Instances.judge(Instances.read(schema));
                Random random = new Random(5);
                int ended = 0;
                for (int i = 0; i < 25; i++) {
                    String text = walk(masks, tree, random);
                    if (!text.isEmpty()) {
                        ended++;
                        assertEquals("[]", judge.validate(Instances.read(text)).toString(), text);
                    }
                }
                assertTrue(ended > 8, schema + " ended " + ended + " times");
            }
        });
    }

    private static String walk(Masks masks, TokenTree tree, Random random) {
        State state = masks.start();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<Integer> some = new ArrayList<>();
        for (int step = 0; step < 400; step++) {
            Mask mask = masks.of(state);
            if (state.isAccepting() && (mask.count() == 0 || step > 20 || random.nextInt(4) == 0)) {
                return out.toString(StandardCharsets.UTF_8);
            }
            assertTrue(mask.count() > 0, () -> "no token after " + out.toString(StandardCharsets.UTF_8));
            some.clear();
            // likelier an end the longer it gets
            boolean close = step > 12 && random.nextBoolean();
            for (int token = 0; token < tree.vocabularySize(); token++) {
                byte[] spelling = tree.spelling(token);
                if (mask.has(token) && (!close || ("\"}],".indexOf(spelling[0]) >= 0 && spelling.length == 1))) {
                    some.add(token);
                }
            }
            int token = some.isEmpty() ? first(mask, random, tree) : some.get(random.nextInt(some.size()));
            out.writeBytes(tree.spelling(token));
            state = Objects.requireNonNull(masks.after(state, token),
                    () -> "a token of the mask is not allowed after " + out);
        }
        return "";
    }

    private static int first(Mask mask, Random random, TokenTree tree) {
        int from = random.nextInt(tree.vocabularySize());
        for (int i = 0; i < tree.vocabularySize(); i++) {
            int token = (from + i) % tree.vocabularySize();
            if (mask.has(token)) {
                return token;
            }
        }
        throw new AssertionError();
    }

    @Test
    void masksHaveWhatIsAllowedAndNothingElse() {
        trees().forEach(tree -> {
            for (String schema : SCHEMAS) {
                Masks masks = new Masks(grammar(schema), tree, Set.of());
                Random random = new Random(9);
                for (int i = 0; i < 3; i++) {
                    State state = masks.start();
                    for (int step = 0; step < 12 && state != null; step++) {
                        Mask mask = masks.of(state);
                        exact(masks, state, mask, tree, tree.vocabularySize() / 3000 + 1, random);
                        state = mask.count() == 0 ? null : masks.after(state, first(mask, random, tree));
                    }
                }
            }
        });
    }

    private static void exact(Masks masks, State state, Mask mask, TokenTree tree, int every, Random random) {
        for (int token = random.nextInt(every); token < tree.vocabularySize(); token += every) {
            byte[] spelling = tree.spelling(token);
            boolean allowed = spelling.length > 0 && spelling.length <= TokenTree.LONGEST
                    && masks.after(state, spelling) != null;
            assertEquals(allowed, mask.has(token), new String(spelling, StandardCharsets.UTF_8));
        }
    }

    @Test
    void endsOfAnswersAreAllowedWhereTheTextMayEnd() {
        TokenTree tree = new TokenTree(new byte[][]{{'a'}, {'b'}, TokenTree.control("<|end|>"), {}});
        Masks masks = new Masks(Walker.made(grammar -> PatternSource.whole("a+b?", grammar.expressions())), tree,
                Set.of(2));
        State state = masks.start();
        assertEquals(0, masks.of(state).only());
        state = Objects.requireNonNull(masks.after(state, 0));
        assertEquals(3, masks.of(state).count());
        state = Objects.requireNonNull(masks.after(state, 1));
        assertEquals(2, masks.of(state).only());
        assertNull(masks.after(state, 2));
        assertNull(masks.after(state, 3));
    }
}
