/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.GrammarException;
import dev.millrace.grammar.schema.Walker;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Regular expressions and GBNF. */
class SourcesTest {

    private static Walker regex(String regex) {
        return Walker.grammar(grammar -> PatternSource.whole(regex, grammar.expressions()));
    }

    private static Walker gbnf(String source) {
        return Walker.grammar(grammar -> Gbnf.read(source, grammar,
                token -> token.equals("<think>") ? grammar.expressions().text(token) : null));
    }

    /** What is written is what Java's expressions match, and nothing near it that they do not. */
    @ParameterizedTest
    @ValueSource(strings = {"abc", "a|bc|", "(a|b)*c", "[a-z]{2,4}", "[^a-z\\n]{3}", "a?b+c*", "\\d{3}-\\d{4}",
            "\\w+@\\w+\\.com",
            "(ab){2,}", "x{0,3}y{2}", "[\\d.,]+", "\\x41[\\x{42}-D]", "(?:a(?:b|c)){1,3}", "(?i)on|off",
            "\\p{Lu}\\p{Ll}{1,3}",
            "[\u00e9\u00e8]{1,2}.", "\\(\\[\\]\\)", "(a|ab)(c|bcd)", "^ab$", "^(a|b)$|c"})
    void whatIsWrittenIsWhatTheExpressionMatches(String regex) {
        Walker walker = regex(regex);
        Pattern java = Pattern.compile(regex);
        Random random = new Random(2);
        int seen = 0;
        for (int i = 0; i < 60; i++) {
            String text = walker.walk(random, 8);
            assertTrue(java.matcher(text).matches() || (text.isEmpty() && !walker.accepts("")),
                    () -> regex + " wrote " + text);
            String near = changed(text, random);
            assertEquals(java.matcher(near).matches(), walker.accepts(near), () -> regex + " and " + near);
            seen += text.isEmpty() ? 0 : 1;
        }
        assertTrue(seen > 0);
    }

    private static String changed(String text, Random random) {
        StringBuilder out = new StringBuilder(text);
        int at = random.nextInt(out.length() + 1);
        switch (random.nextInt(3)) {
            case 0 -> out.insert(at, "abcxyz.-1C".charAt(random.nextInt(10)));
            case 1 -> out.append("abc1 ".charAt(random.nextInt(5)));
            default -> {
                if (at < out.length() && !Character.isSurrogate(out.charAt(at))) {
                    out.deleteCharAt(at);
                }
            }
        }
        return out.toString();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"(?=a)b;looking ahead", "(?<!a)b;looking ahead", "(a)\\1;going back",
            "a\\b;borders of words",
            "(a;no ')'", "a);no '('", "[a;no ']'", "*a;nothing to repeat", "a{3,2};wrong way round",
            "\\p{Nope};property Nope",
            "a++;possessive", "(?m)^a;flag m", "[z-a];wrong way round", "a{1000000};more than", "\\xZZ;hexadecimal"})
    void whatIsNotRegularIsRefusedByName(String regex, String why) {
        GrammarException problem = assertThrows(GrammarException.class, () -> regex(regex));
        assertTrue(problem.getMessage().contains(why), problem.getMessage());
    }

    @Test
    void grammarsAreReadAsLlamaCppReadsThem() {
        Walker list = gbnf("""
                # a list of sums
                root ::= "[" ws sum ("," ws sum)* "]"
                sum  ::= ( term
                         [-+*/] term | term)   # rows go on in the next line where they are nested
                term ::= [0-9]+ | "(" ws sum ws ")" |
                         "\\x41\\u00e9\\"" .{2}
                ws   ::= [ \\t\\n]{0,2}
                """);
        assertTrue(list.accepts("[1,2+3]"));
        assertTrue(list.accepts("[ (1+2)*( (3) ),\nA\u00e9\"xy]"));
        assertFalse(list.accepts("[1,2+]"));
        assertFalse(list.accepts("[   1]"));
        assertTrue(gbnf("root ::= [^a-c\\]]+").accepts("xyz]".substring(0, 3)));
        assertFalse(gbnf("root ::= [^a-c\\]]+").accepts("]"));
        assertTrue(gbnf("root ::= \"ab\"{2} x{1,}\nx ::= \"c\"").accepts("ababcc"));
        assertTrue(gbnf("root ::= <think> \"a\"").accepts("<think>a"));
        assertTrue(gbnf("root ::= s\ns ::= \"a\" s \"b\" | \"a\" s \"c\" | \"x\"").accepts("aaaxbcb"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"x ::= \"a\";no rule named root", "root ::= y;not defined: y",
            "root := \"a\";expected ::=",
            "root ::= \"a;does not end", "root ::= (\"a\";expected ')'", "root ::= root \"a\" | \"a\";left recursion",
            "root ::= x \"a\"#x ::= \"\" root | \"b\";left recursion", "root ::= \"a\" root;never comes to an end",
            "root ::= \"\\q\";escape", "root ::= \"a\"{3000};more than 2000", "root ::= <nope>;no such token"})
    void brokenGrammarsAreRefused(String source, String why) {
        GrammarException problem = assertThrows(GrammarException.class, () -> gbnf(source.replace('#', '\n')));
        assertTrue(problem.getMessage().contains(why), problem.getMessage());
    }

    /** Grammars made to explode: an answer or a refusal, and soon. */
    @Test
    void hostileExpressionsAreBounded() {
        String[] bad = {"(a|b)*a(a|b){16}c", "((a*)*)*b", "(a?){200}a{200}", "(x+x+)+y", "([a-z]{1,50}){1,50}",
                "(((((a{9}){9}){9}){9}){9})"};
        for (String regex : bad) {
            Walker walker = regex(regex);
            assertFalse(walker.accepts("a".repeat(400) + "!"), regex);
        }
        assertTrue(regex("(a|b)*a(a|b){16}c").accepts("ab".repeat(60) + "ac"));
    }

    @Test
    void unmarkedTextHasNoMarks() {
        Walker free = Walker.grammar(grammar -> {
            Expression none = grammar.expressions().empty();
            return Unmarked.of(grammar.expressions(), CodePoints.ALL, none, List.of("<think>", "</think>", "<|x|>"));
        });
        for (String good : new String[]{"", "a<b", "<<think", "<thin<k>", "</thinK>", "<|x|", "<", "\u00e9<\u4e2d"}) {
            assertTrue(free.accepts(good), good);
        }
        for (String bad : new String[]{"<think>", "<<think>", "a</think>b", "<thin<think>", "<|x|>"}) {
            assertFalse(free.accepts(bad), bad);
        }
    }
}
