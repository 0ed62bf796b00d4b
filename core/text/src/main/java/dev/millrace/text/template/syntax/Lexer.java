/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.template.syntax;

import dev.millrace.text.template.limit.TemplateException;
import dev.millrace.text.template.syntax.Token.Kind;
import dev.millrace.text.template.value.Characters;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Cuts template source into tokens, as Jinja2 does with {@code trim_blocks}, {@code lstrip_blocks} and without
 * {@code keep_trailing_newline}.
 */
final class Lexer {

    /** The longest template that is read; the largest public ones have some 20 000 characters. */
    private static final int MAX_LENGTH = 2_000_000;

    private static final List<String> OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%",
            "~",
            "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";");

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private int counted;
    /** Whether the text that comes next begins a line. */
    private boolean lineStart = true;

    private Lexer(String source) {
        this.source = source;
    }

    static List<Token> tokens(String source) {
        if (source.length() > MAX_LENGTH) {
            throw TemplateException.of("it has more than " + MAX_LENGTH + " characters");
        }
        String unix = source.replace("\r\n", "\n").replace('\r', '\n');
        return new Lexer(unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix).template();
    }

    private List<Token> template() {
        while (at < source.length()) {
            int begin = nextTag();
            if (begin < 0) {
                data(at, source.length());
                at = source.length();
                break;
            }
            char sign = begin + 2 < source.length() ? source.charAt(begin + 2) : ' ';
            char kind = source.charAt(begin + 1);
            data(at, textEnd(begin, sign, kind));
            at = begin + 2 + (sign == '-' || sign == '+' ? 1 : 0);
            switch (kind) {
                case '#' -> comment();
                case '{' -> inside(Kind.PRINT_BEGIN, Kind.PRINT_END, "}}");
                default -> {
                    int raw = rawBegin();
                    if (raw >= 0) {
                        raw(raw);
                    } else {
                        inside(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
                    }
                }
            }
        }
        add(Kind.END, "");
        return tokens;
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
            if (i + 1 < source.length() && "%{#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    /** Where the text before a tag ends once the white space that the tag strips is gone. */
    private int textEnd(int tag, char sign, char kind) {
        int end = tag;
        if (sign == '-') {
            while (end > at && Characters.isSpace(source.charAt(end - 1))) {
                end--;
            }
        } else if (sign != '+' && kind != '{') {
            int start = tag;
            while (start > at && source.charAt(start - 1) != '\n' && Characters.isSpace(source.charAt(start - 1))) {
                start--;
            }
            if (start == at ? lineStart : source.charAt(start - 1) == '\n') {
                end = start;
            }
        }
        return end;
    }

    private void data(int from, int to) {
        if (from < to) {
            tokens.add(new Token(Kind.DATA, source.substring(from, to), lineAt(from)));
        }
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, lineAt(at)));
    }

    private int lineAt(int position) {
        while (counted < position) {
            if (source.charAt(counted++) == '\n') {
                line++;
            }
        }
        return line;
    }

    private TemplateException wrong(String problem) {
        return TemplateException.of(problem, lineAt(at));
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw wrong("a comment is not closed");
        }
        char sign = end > at ? source.charAt(end - 1) : ' ';
        at = end + 2;
        afterTag(sign);
    }

    /** Leaves a block or a comment: a minus strips all white space, else one newline goes unless a plus keeps it. */
    private void afterTag(char sign) {
        int begin = at;
        if (sign == '-') {
            while (at < source.length() && Characters.isSpace(source.charAt(at))) {
                at++;
            }
        } else if (sign != '+' && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        lineStart = at > begin && source.charAt(at - 1) == '\n';
    }

    /** Where the content of a raw block begins if one begins here, or -1. */
    private int rawBegin() {
        int i = word(at, "raw");
        if (i < 0) {
            return -1;
        }
        if (source.startsWith("%}", i)) {
            return i + 2;
        }
        if (!source.startsWith("-%}", i)) {
            return -1;
        }
        i += 3;
        while (i < source.length() && Characters.isSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    /** Skips white space, a word and white space; where that ends, or -1 if the word does not stand there. */
    private int word(int from, String word) {
        int i = from;
        while (i < source.length() && Characters.isSpace(source.charAt(i))) {
            i++;
        }
        if (!source.startsWith(word, i)) {
            return -1;
        }
        i += word.length();
        while (i < source.length() && Characters.isSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    private void raw(int content) {
        at = content;
        lineStart = content > 0 && source.charAt(content - 1) == '\n';
        for (int tag = source.indexOf("{%", content); tag >= 0; tag = source.indexOf("{%", tag + 2)) {
            char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
            int end = word(tag + 2 + (sign == '-' || sign == '+' ? 1 : 0), "endraw");
            if (end < 0) {
                continue;
            }
            char endSign = end < source.length() ? source.charAt(end) : ' ';
            int close = endSign == '-' || endSign == '+' ? end + 1 : end;
            if (source.startsWith("%}", close)) {
                data(content, textEnd(tag, sign, '%'));
                at = close + 2;
                afterTag(endSign);
                return;
            }
        }
        throw wrong("a raw block is not closed");
    }

    private void inside(Kind begin, Kind end, String close) {
        add(begin, "");
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            while (at < source.length() && Characters.isSpace(source.charAt(at))) {
                at++;
            }
            if (at >= source.length()) {
                throw wrong("a tag is not closed");
            }
            if (open.isEmpty() && closes(end, close)) {
                return;
            }
            token(open);
        }
    }

    private boolean closes(Kind end, String close) {
        char c = source.charAt(at);
        boolean signed = source.startsWith(close, at + 1) && (c == '-' || (c == '+' && end == Kind.BLOCK_END));
        if (!signed && !source.startsWith(close, at)) {
            return false;
        }
        add(end, "");
        at += close.length() + (signed ? 1 : 0);
        if (end == Kind.BLOCK_END || signed) {
            afterTag(signed ? c : ' ');
        } else {
            lineStart = false;
        }
        return true;
    }

    private void token(Deque<Character> open) {
        char c = source.charAt(at);
        if (c == '"' || c == '\'') {
            string(c);
        } else if (c >= '0' && c <= '9') {
            number();
        } else if (Character.isUnicodeIdentifierStart(source.codePointAt(at)) || c == '_') {
            int from = at;
            while (at < source.length()) {
                int point = source.codePointAt(at);
                if (!Character.isUnicodeIdentifierPart(point) || Character.isIdentifierIgnorable(point)) {
                    break;
                }
                at += Character.charCount(point);
            }
            tokens.add(new Token(Kind.NAME, source.substring(from, at), lineAt(from)));
        } else {
            operator(open);
        }
    }

    private void operator(Deque<Character> open) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, at)) {
                char c = operator.charAt(0);
                if (operator.length() == 1 && "([{".indexOf(c) >= 0) {
                    open.push(c == '(' ? ')' : c == '[' ? ']' : '}');
                } else if (operator.length() == 1 && ")]}".indexOf(c) >= 0
                        && (open.isEmpty() || open.pop() != c)) {
                    throw wrong("'" + c + "' closes no bracket that is open");
                }
                add(Kind.OPERATOR, operator);
                at += operator.length();
                return;
            }
        }
        throw wrong("the character '" + Character.toString(source.codePointAt(at)) + "' is unexpected");
    }

    private void string(char quote) {
        int from = ++at;
        while (at < source.length() && source.charAt(at) != quote) {
            at += source.charAt(at) == '\\' ? 2 : 1;
        }
        if (at >= source.length()) {
            at = from;
            throw wrong("a string is not closed");
        }
        tokens.add(new Token(Kind.STRING, Characters.unescape(source.substring(from, at)), lineAt(from)));
        at++;
    }

    private void number() {
        int from = at;
        if (source.charAt(at) == '0' && at + 1 < source.length() && "bBoOxX".indexOf(source.charAt(at + 1)) >= 0) {
            at += 2;
            while (at < source.length() && (Character.digit(source.charAt(at), 16) >= 0 || source.charAt(at) == '_')) {
                at++;
            }
            tokens.add(new Token(Kind.INTEGER, source.substring(from, at).replace("_", ""), lineAt(from)));
            return;
        }
        digits();
        boolean whole = true;
        if (at + 1 < source.length() && source.charAt(at) == '.' && isDigit(at + 1)
                && (from == 0 || source.charAt(from - 1) != '.')) {
            whole = false;
            at++;
            digits();
        }
        if (at < source.length() && (source.charAt(at) == 'e' || source.charAt(at) == 'E')) {
            int sign = at + 1 < source.length() && "+-".indexOf(source.charAt(at + 1)) >= 0 ? 1 : 0;
            if (isDigit(at + 1 + sign)) {
                whole = false;
                at += 1 + sign;
                digits();
            }
        }
        tokens.add(new Token(whole ? Kind.INTEGER : Kind.FLOAT, source.substring(from, at).replace("_", ""),
                lineAt(from)));
    }

    private boolean isDigit(int position) {
        return position < source.length() && source.charAt(position) >= '0' && source.charAt(position) <= '9';
    }

    private void digits() {
        while (isDigit(at) || (at < source.length() && source.charAt(at) == '_' && isDigit(at + 1))) {
            at++;
        }
    }
}
