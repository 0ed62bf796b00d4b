/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.source;

import dev.millrace.grammar.machine.Expression;
import dev.millrace.grammar.machine.Expressions;
import dev.millrace.grammar.machine.GrammarException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Reads regular expressions: the syntax of RE2, or that of ECMAScript, which JSON Schema uses. What is not regular (looking
 * around, back references, borders of words) is refused by name.
 *
 * @see <a href="https://github.com/google/re2/wiki/Syntax">RE2, syntax</a>
 * @see <a href="https://262.ecma-international.org/14.0/#sec-patterns">ECMAScript, patterns</a>
 */
public final class PatternSource {

    /** Whose syntax. */
    public enum Syntax {
        /** Of RE2; a text is matched as a whole. */
        RE2,
        /** Of ECMAScript with the flag u; a match anywhere in the text is enough. */
        ECMASCRIPT
    }

    private static final int MOST_TIMES = 100_000;
    private static final int MOST_DEPTH = 200;
    private static final CodePoints DIGIT = CodePoints.of('0', '9');
    private static final CodePoints WORD = DIGIT.or(CodePoints.of('a', 'z')).or(CodePoints.of('A', 'Z'))
            .or(CodePoints.of('_', '_'));
    private static final CodePoints SPACE = CodePoints.of(" \t\n\r\f");
    private static final CodePoints UNICODE_SPACE = CodePoints
            .of(" \t\n\r\f\u000b\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff").or(CodePoints.of(0x2000, 0x200a));
    private static final CodePoints LINE_ENDS = CodePoints.of("\n\r\u2028\u2029");

    private final String text;
    private final Syntax syntax;
    private final Expressions out;
    private final Function<CodePoints, Expression> spell;
    private int at;
    private int depth;
    private boolean anyCase;
    private boolean dotAll;
    private boolean multiLine;

    /** A part of a pattern, told apart by whether it is tied to the beginning or end of the text. */
    private record Part(Expression body, boolean fromStart, boolean toEnd) {
    }

    private PatternSource(String text, Syntax syntax, Expressions out, Function<CodePoints, Expression> spell) {
        this.text = text;
        this.syntax = syntax;
        this.out = out;
        this.spell = spell;
    }

    /**
     * Reads an expression that matches texts as a whole.
     *
     * @param text in the syntax of RE2
     * @param out where expressions are made
     * @return the texts that it matches
     * @throws GrammarException if it is malformed or not regular
     */
    public static Expression whole(String text, Expressions out) {
        PatternSource source = new PatternSource(text, Syntax.RE2, out, set -> set.utf8(out));
        return source.read(out.epsilon());
    }

    /**
     * Reads an expression that matches somewhere in a text.
     *
     * @param text in the syntax of ECMAScript
     * @param out where expressions are made
     * @param spell how a character of a set is spelled
     * @return the texts in which it finds a match, so spelled
     * @throws GrammarException if it is malformed or not regular
     */
    public static Expression within(String text, Expressions out, Function<CodePoints, Expression> spell) {
        PatternSource source = new PatternSource(text, Syntax.ECMASCRIPT, out, spell);
        return source.read(out.repeat(spell.apply(CodePoints.ALL), 0, Expression.UNBOUNDED));
    }

    private Expression read(Expression around) {
        List<Part> parts = alternatives();
        if (at < text.length()) {
            throw wrong("a ')' has no '('");
        }
        List<Expression> all = new ArrayList<>();
        for (Part part : parts) {
            all.add(out.row(part.fromStart ? out.epsilon() : around, part.body,
                    part.toEnd ? out.epsilon() : around));
        }
        return out.union(all);
    }

    private GrammarException wrong(String why) {
        return new GrammarException("The pattern " + text + " cannot be used: " + why + ", at character " + at + ".");
    }

    private boolean more() {
        return at < text.length();
    }

    private boolean skip(String what) {
        if (!text.startsWith(what, at)) {
            return false;
        }
        at += what.length();
        return true;
    }

    private int take() {
        if (!more()) {
            throw wrong("it ends too early");
        }
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        if (c >= 0xd800 && c < 0xe000) {
            throw wrong("it has half of a surrogate pair");
        }
        return c;
    }

    private List<Part> alternatives() {
        if (++depth > MOST_DEPTH) {
            throw wrong("its groups are nested more than " + MOST_DEPTH + " deep");
        }
        boolean caseBefore = anyCase;
        boolean dotBefore = dotAll;
        List<Part> parts = new ArrayList<>();
        do {
            parts.addAll(row());
        } while (skip("|"));
        anyCase = caseBefore;
        dotAll = dotBefore;
        depth--;
        return merged(parts);
    }

    /** What is tied to the text's ends in the same way is one part. */
    private List<Part> merged(List<Part> parts) {
        List<Part> all = new ArrayList<>();
        for (boolean fromStart : List.of(false, true)) {
            for (boolean toEnd : List.of(false, true)) {
                Expression body = out.union(parts.stream()
                        .filter(part -> part.fromStart == fromStart && part.toEnd == toEnd).map(Part::body).toList());
                if (!body.isEmpty()) {
                    all.add(new Part(body, fromStart, toEnd));
                }
            }
        }
        return all;
    }

    /** Atoms in a row. A group with anchors in it multiplies the row by its alternatives. */
    private List<Part> row() {
        List<Part> rows = new ArrayList<>();
        rows.add(new Part(out.epsilon(), false, false));
        while (more() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            List<Part> atom = atom();
            List<Part> longer = new ArrayList<>();
            for (Part row : rows) {
                for (Part part : atom) {
                    Part both = join(row, part);
                    if (both != null) {
                        longer.add(both);
                    }
                }
            }
            rows = merged(longer);
        }
        return rows;
    }

    private @Nullable Part join(Part left, Part right) {
        // behind the end of the text nothing can stand but the empty text; the same before its beginning
        Part first = left;
        Part second = right;
        if (left.toEnd && !right.body.isEmpty()) {
            if (!out.matches(right.body, "")) {
                return null;
            }
            second = new Part(out.epsilon(), right.fromStart, true);
        }
        if (second.fromStart && !first.body.isEmpty()) {
            if (!out.matches(first.body, "")) {
                return null;
            }
            first = new Part(out.epsilon(), true, first.toEnd);
        }
        return new Part(out.concat(first.body, second.body), first.fromStart || second.fromStart,
                first.toEnd || second.toEnd);
    }

    private List<Part> atom() {
        int c = text.charAt(at);
        if (c == '^' || skip("\\A")) {
            at += c == '^' ? 1 : 0;
            anchor();
            return List.of(new Part(out.epsilon(), true, false));
        }
        if (c == '$' || skip("\\z")) {
            at += c == '$' ? 1 : 0;
            anchor();
            return List.of(new Part(out.epsilon(), false, true));
        }
        List<Part> what;
        if (c == '(') {
            what = group();
        } else {
            what = List.of(new Part(single(), false, false));
        }
        return repeated(what);
    }

    private void anchor() {
        if (multiLine) {
            throw wrong("^ and $ at lines (flag m) are not supported");
        }
        if (more() && "*+?{".indexOf(text.charAt(at)) >= 0) {
            throw wrong("an anchor cannot be repeated");
        }
    }

    private List<Part> group() {
        at++;
        boolean caseBefore = anyCase;
        boolean dotBefore = dotAll;
        if (skip("?")) {
            if (skip("=") || skip("!") || skip("<=") || skip("<!")) {
                throw wrong("looking ahead or behind is not regular");
            }
            if (skip("P<") || skip("<")) {
                int end = text.indexOf('>', at);
                if (end < 0) {
                    throw wrong("the name of a group does not end");
                }
                at = end + 1;
            } else if (flags()) {
                // for the rest of the group around
                return List.of(new Part(out.epsilon(), false, false));
            }
        }
        List<Part> parts = alternatives();
        if (!skip(")")) {
            throw wrong("a '(' has no ')'");
        }
        anyCase = caseBefore;
        dotAll = dotBefore;
        return parts;
    }

    /** Reads flags; tells whether they stand alone. */
    private boolean flags() {
        boolean on = true;
        while (true) {
            int c = take();
            switch (c) {
                case ':' -> {
                    return false;
                }
                case ')' -> {
                    return true;
                }
                case '-' -> on = false;
                case 'i' -> anyCase = on;
                case 's' -> dotAll = on;
                case 'm' -> multiLine = on;
                case 'U' -> {
                    // greedy or not, the same texts match
                }
                default -> throw wrong("the group (?" + Character.toString(c) + " is not known");
            }
        }
    }

    private List<Part> repeated(List<Part> atom) {
        List<Part> what = atom;
        while (more()) {
            int least;
            int most = Expression.UNBOUNDED;
            if (skip("*")) {
                least = 0;
            } else if (skip("+")) {
                least = 1;
            } else if (skip("?")) {
                least = 0;
                most = 1;
            } else if (text.charAt(at) == '{' && isCount()) {
                at++;
                least = number();
                if (skip(",")) {
                    most = text.charAt(at) == '}' ? Expression.UNBOUNDED : number();
                } else {
                    most = least;
                }
                at++;
                if (most < least) {
                    throw wrong("a repetition has its bounds the wrong way round");
                }
            } else {
                break;
            }
            if (more() && (text.charAt(at) == '?' || text.charAt(at) == '+')) {
                if (text.charAt(at) == '+') {
                    throw wrong("possessive repetitions are not regular");
                }
                at++;
            }
            what = List.of(new Part(out.repeat(free(what), least, most), false, false));
        }
        return what;
    }

    private Expression free(List<Part> parts) {
        List<Expression> all = new ArrayList<>();
        for (Part part : parts) {
            if (part.fromStart || part.toEnd) {
                throw wrong("^ or $ inside a repetition is not supported");
            }
            all.add(part.body);
        }
        return out.union(all);
    }

    private boolean isCount() {
        int end = text.indexOf('}', at);
        boolean count = end > 0 && text.substring(at + 1, end).matches("\\d+(,\\d*)?");
        if (!count && syntax == Syntax.ECMASCRIPT) {
            throw wrong("a '{' that begins no count must have a backslash");
        }
        return count;
    }

    private int number() {
        long value = 0;
        while (more() && Character.isDigit(text.charAt(at))) {
            value = Math.min(Integer.MAX_VALUE, 10 * value + (text.charAt(at++) - '0'));
        }
        if (value > MOST_TIMES) {
            throw wrong("a repetition has more than " + MOST_TIMES + " times");
        }
        return (int) value;
    }

    private Expression single() {
        int c = take();
        return switch (c) {
            case '.' -> spell.apply(dot());
            case '[' -> spell.apply(cased(characterClass()));
            case '\\' -> {
                if (skip("Q")) {
                    int end = text.indexOf("\\E", at);
                    String literal = text.substring(at, end < 0 ? text.length() : end);
                    at = end < 0 ? text.length() : end + 2;
                    Expression all = out.epsilon();
                    int[] characters = literal.codePoints().toArray();
                    for (int i = characters.length - 1; i >= 0; i--) {
                        all = out.concat(spell.apply(cased(CodePoints.of(characters[i], characters[i]))), all);
                    }
                    yield all;
                }
                yield spell.apply(cased(escape(false)));
            }
            case '*', '+', '?' -> throw wrong("there is nothing to repeat");
            case ']', '}', '{' -> {
                if (syntax == Syntax.ECMASCRIPT) {
                    throw wrong("a '" + (char) c + "' that closes or opens nothing must have a backslash");
                }
                yield spell.apply(CodePoints.of(c, c));
            }
            default -> spell.apply(cased(CodePoints.of(c, c)));
        };
    }

    private CodePoints dot() {
        if (dotAll) {
            return CodePoints.ALL;
        }
        return CodePoints.ALL.minus(syntax == Syntax.RE2 ? CodePoints.of('\n', '\n') : LINE_ENDS);
    }

    private CodePoints cased(CodePoints set) {
        return anyCase ? set.anyCase() : set;
    }

    private CodePoints characterClass() {
        boolean negated = skip("^");
        CodePoints set = CodePoints.NONE;
        boolean first = true;
        while ((first && syntax == Syntax.RE2) || !text.startsWith("]", at)) {
            if (!more()) {
                throw wrong("a '[' has no ']'");
            }
            first = false;
            if (text.startsWith("[:", at) && syntax == Syntax.RE2) {
                set = set.or(posix());
                continue;
            }
            int start = at;
            CodePoints low = member();
            if (text.startsWith("-", at) && !text.startsWith("-]", at)) {
                int from = only(low, start);
                at++;
                int to = only(member(), start);
                if (to < from) {
                    throw wrong("a range has its ends the wrong way round");
                }
                low = CodePoints.of(from, to);
            }
            set = set.or(low);
        }
        at++;
        return negated ? cased(set).not() : set;
    }

    private CodePoints posix() {
        int end = text.indexOf(":]", at);
        String name = end < 0 ? "" : text.substring(at + 2, end);
        boolean negated = name.startsWith("^");
        CodePoints set = switch (negated ? name.substring(1) : name) {
            case "alnum" -> WORD.minus(CodePoints.of('_', '_'));
            case "alpha" -> CodePoints.of('a', 'z').or(CodePoints.of('A', 'Z'));
            case "ascii" -> CodePoints.of(0, 127);
            case "blank" -> CodePoints.of(" \t");
            case "cntrl" -> CodePoints.of(0, 31).or(CodePoints.of(127, 127));
            case "digit" -> DIGIT;
            case "graph" -> CodePoints.of('!', '~');
            case "lower" -> CodePoints.of('a', 'z');
            case "print" -> CodePoints.of(' ', '~');
            case "punct" -> CodePoints.of('!', '~').minus(WORD).or(CodePoints.of('_', '_'));
            case "space" -> SPACE.or(CodePoints.of(11, 11));
            case "upper" -> CodePoints.of('A', 'Z');
            case "word" -> WORD;
            case "xdigit" -> CodePoints.of("0123456789abcdefABCDEF");
            default -> throw wrong("the class [:" + name + ":] is not known");
        };
        at = end + 2;
        return negated ? set.not() : set;
    }

    private int only(CodePoints set, int start) {
        int found = -1;
        String source = text.substring(start, at);
        for (int c = 0; c <= Character.MAX_CODE_POINT && found < 0; c++) {
            found = set.has(c) ? c : -1;
        }
        if (found < 0 || !set.minus(CodePoints.of(found, found)).isEmpty()) {
            throw wrong("a range begins or ends with a class: " + source);
        }
        return found;
    }

    private CodePoints member() {
        int c = take();
        return c == '\\' ? escape(true) : CodePoints.of(c, c);
    }

    private CodePoints escape(boolean inClass) {
        int c = take();
        boolean ecma = syntax == Syntax.ECMASCRIPT;
        CodePoints space = ecma ? UNICODE_SPACE : SPACE;
        return switch (c) {
            case 'd' -> DIGIT;
            case 'D' -> DIGIT.not();
            case 'w' -> WORD;
            case 'W' -> WORD.not();
            case 's' -> space;
            case 'S' -> space.not();
            case 'p', 'P' -> property(c == 'P');
            case 'n' -> CodePoints.of('\n', '\n');
            case 'r' -> CodePoints.of('\r', '\r');
            case 't' -> CodePoints.of('\t', '\t');
            case 'f' -> CodePoints.of('\f', '\f');
            case 'v' -> CodePoints.of(11, 11);
            case 'a' -> {
                if (ecma) {
                    throw wrong("the escape \\a is not known");
                }
                yield CodePoints.of(7, 7);
            }
            case 'x' -> point(skip("{") ? braces() : hexadecimal(2));
            case 'u' -> {
                if (!ecma) {
                    throw wrong("the escape \\u is not known: write \\x{...}");
                }
                yield point(unicode());
            }
            case 'c' -> {
                int letter = take();
                if (!ecma || !Character.isLetter(letter) || letter > 'z') {
                    throw wrong("the escape \\c needs a letter");
                }
                yield point(letter % 32);
            }
            case 'b', 'B' -> {
                if (!inClass || c == 'B') {
                    throw wrong("borders of words (\\b) are not supported");
                }
                yield CodePoints.of('\b', '\b');
            }
            case '0' -> {
                if (more() && Character.isDigit(text.charAt(at))) {
                    throw wrong("octal numbers are not supported");
                }
                yield CodePoints.of(0, 0);
            }
            case '1', '2', '3', '4', '5', '6', '7', '8', '9', 'k' ->
                throw wrong("going back to what a group has matched is not regular");
            default -> {
                if (Character.isLetterOrDigit(c)) {
                    throw wrong("the escape \\" + Character.toString(c) + " is not known");
                }
                yield CodePoints.of(c, c);
            }
        };
    }

    private CodePoints point(int c) {
        if (c > Character.MAX_CODE_POINT || (c >= 0xd800 && c < 0xe000)) {
            throw wrong("there is no such character");
        }
        return CodePoints.of(c, c);
    }

    private int unicode() {
        if (skip("{")) {
            return braces();
        }
        int c = hexadecimal(4);
        if (c >= 0xd800 && c < 0xdc00 && skip("\\u")) {
            int low = hexadecimal(4);
            return Character.isLowSurrogate((char) low) ? Character.toCodePoint((char) c, (char) low) : c;
        }
        return c;
    }

    private int braces() {
        int end = text.indexOf('}', at);
        if (end < 0 || end - at > 8) {
            throw wrong("a '{' has no '}'");
        }
        int c = hexadecimal(end - at);
        at = end + 1;
        return c;
    }

    private int hexadecimal(int digits) {
        int value = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(take(), 16);
            if (digit < 0) {
                throw wrong("a hexadecimal number is malformed");
            }
            value = value << 4 | digit;
        }
        return value;
    }

    /** Java knows the properties of Unicode; its names for them are asked for in both ways of writing them. */
    private CodePoints property(boolean negated) {
        String name;
        if (skip("{")) {
            int end = text.indexOf('}', at);
            if (end < 0) {
                throw wrong("a '{' has no '}'");
            }
            name = text.substring(at, end);
            at = end + 1;
        } else {
            name = Character.toString(take());
        }
        boolean not = name.startsWith("^");
        String plain = not ? name.substring(1) : name;
        CodePoints set = null;
        for (String form : forms(plain)) {
            try {
                java.util.regex.Pattern pattern = java.util.regex.Pattern.compile(form);
                set = CodePoints.where(c -> pattern.matcher(Character.toString(c)).matches());
                break;
            } catch (PatternSyntaxException e) {
                // asked for in another form
            }
        }
        if (set == null) {
            throw wrong("the property " + plain + " is not known");
        }
        return negated != not ? set.not() : set;
    }

    private static List<String> forms(String name) {
        if (!name.matches("[A-Za-z_=0-9]+")) {
            return List.of();
        }
        if (name.equals("Any") || name.equals("ASCII")) {
            return List.of(name.equals("Any") ? "(?s)." : "\\p{ASCII}");
        }
        int equals = name.indexOf('=');
        if (equals >= 0) {
            String key = name.substring(0, equals).toLowerCase(Locale.ROOT);
            String value = name.substring(equals + 1);
            return switch (key) {
                case "script", "sc", "script_extensions", "scx" -> List.of("\\p{script=" + value + "}");
                case "general_category", "gc" -> category(value);
                default -> List.of();
            };
        }
        List<String> all = new ArrayList<>(category(name));
        all.add("\\p{Is" + name + "}");
        return all;
    }

    private static List<String> category(String name) {
        String known = switch (name) {
            case "Letter" -> "L";
            case "Lowercase_Letter" -> "Ll";
            case "Uppercase_Letter" -> "Lu";
            case "Titlecase_Letter" -> "Lt";
            case "Modifier_Letter" -> "Lm";
            case "Other_Letter" -> "Lo";
            case "Mark" -> "M";
            case "Number" -> "N";
            case "Decimal_Number", "digit" -> "Nd";
            case "Punctuation", "punct" -> "P";
            case "Symbol" -> "S";
            case "Separator" -> "Z";
            case "Other" -> "C";
            default -> name;
        };
        return known.length() <= 2 ? List.of("\\p{" + known + "}") : List.of();
    }
}
