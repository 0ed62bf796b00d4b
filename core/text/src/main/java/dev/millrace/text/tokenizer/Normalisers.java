/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/** Reads the part {@code normalizer} of {@code tokenizer.json}. */
final class Normalisers {

    private Normalisers() {
    }

    static Normaliser read(JsonObject step) {
        String type = step.string("type");
        return switch (type) {
            case "Sequence" -> sequence(step.objects("normalizers").stream().map(Normalisers::read).toList());
            case "NFC", "NFD", "NFKC", "NFKD" -> form(Normalizer.Form.valueOf(type));
            case "Lowercase" -> Normalisers::lowercase;
            case "Strip" -> {
                boolean left = step.flag("strip_left", true);
                boolean right = step.flag("strip_right", true);
                yield text -> strip(text, left, right);
            }
            case "StripAccents" -> text -> without(text, code -> (CharClass.of(code) & CharClass.MARK) != 0);
            case "Prepend" -> {
                String prefix = step.string("prepend");
                yield text -> text.isEmpty() ? text : prefix + text;
            }
            case "Replace" -> replace(step);
            case "BertNormalizer" -> {
                boolean lower = step.flag("lowercase", true);
                yield bert(step.flag("clean_text", true), step.flag("handle_chinese_chars", true),
                        step.flag("strip_accents", lower), lower);
            }
            case "Nmt" -> Normalisers::nmt;
            case "Precompiled" -> throw new MillraceException(step.key("type")
                    + ": The normaliser \"Precompiled\" is not supported; a GGUF file of the model needs none.");
            default -> throw new MillraceException(step.key("type") + ": The normaliser \"" + type
                    + "\" is not known; known are Sequence, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Prepend, "
                    + "Replace, BertNormalizer and Nmt.");
        };
    }

    static Normaliser sequence(List<Normaliser> steps) {
        return text -> {
            String result = text;
            for (Normaliser step : steps) {
                result = step.apply(result);
            }
            return result;
        };
    }

    static Normaliser form(Normalizer.Form form) {
        return text -> Normalizer.isNormalized(text, form) ? text : Normalizer.normalize(text, form);
    }

    private static Normaliser replace(JsonObject step) {
        String content = step.string("content");
        JsonObject pattern = step.object("pattern");
        if (pattern.has("String")) {
            String wanted = pattern.string("String");
            return wanted.isEmpty() ? text -> text : text -> text.replace(wanted, content);
        }
        Regex regex = new Regex(pattern.key("Regex"), pattern.string("Regex"));
        return text -> regex.replace(text, content);
    }

    /** What BERT does to a text; in this order. */
    static Normaliser bert(boolean clean, boolean spaceChinese, boolean stripAccents, boolean lower) {
        List<Normaliser> steps = new ArrayList<>();
        if (clean) {
            steps.add(Normalisers::clean);
        }
        if (spaceChinese) {
            steps.add(Normalisers::spaceChinese);
        }
        if (stripAccents) {
            steps.add(form(Normalizer.Form.NFD));
            steps.add(text -> without(text, code -> Character.getType(code) == Character.NON_SPACING_MARK));
        }
        if (lower) {
            steps.add(Normalisers::lowercase);
        }
        return sequence(steps);
    }

    private static String clean(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(code -> {
            if (code == '\t' || code == '\n' || code == '\r') {
                out.append(' ');
            } else if (code != 0 && code != 0xFFFD && !isOther(code)) {
                out.appendCodePoint(CharClass.isSpace(code) ? ' ' : code);
            }
        });
        return out.toString();
    }

    /** Whether a code point is of the categories Cc, Cf, Co or Cs. */
    private static boolean isOther(int code) {
        return switch (Character.getType(code)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
            default -> false;
        };
    }

    private static String spaceChinese(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(code -> {
            if (isChinese(code)) {
                out.append(' ').appendCodePoint(code).append(' ');
            } else {
                out.appendCodePoint(code);
            }
        });
        return out.toString();
    }

    static boolean isChinese(int code) {
        return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF)
                || (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B73F)
                || (code >= 0x2B740 && code <= 0x2B81F) || (code >= 0x2B920 && code <= 0x2CEAF)
                || (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x2F800 && code <= 0x2FA1F);
    }

    /** Each code point by itself: a sigma at the end of a word is no exception. */
    static String lowercase(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(code -> {
            if (code == 0x130) {
                out.append(Character.toString(code).toLowerCase(Locale.ROOT));
            } else {
                out.appendCodePoint(Character.toLowerCase(code));
            }
        });
        return out.toString();
    }

    private static String strip(String text, boolean left, boolean right) {
        int from = 0;
        int to = text.length();
        while (left && from < to && CharClass.isSpace(text.charAt(from))) {
            from++;
        }
        while (right && to > from && CharClass.isSpace(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static String without(String text, IntPredicate unwanted) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().filter(unwanted.negate()).forEach(out::appendCodePoint);
        return out.toString();
    }

    /** The clean-up of neural machine translation that SentencePiece knows as nmt. */
    static String nmt(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(code -> {
            boolean dropped = (code >= 1 && code <= 8) || code == 0x0B || (code >= 0x0E && code <= 0x1F) || code == 0x7F
                    || code == 0x8F || code == 0x9F;
            boolean spaced = code == 0x09 || code == 0x0A || code == 0x0C || code == 0x0D || code == 0x1680
                    || (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581
                    || code == 0xFEFF || code == 0xFFFD;
            if (spaced) {
                out.append(' ');
            } else if (!dropped) {
                out.appendCodePoint(code);
            }
        });
        return out.toString();
    }
}
