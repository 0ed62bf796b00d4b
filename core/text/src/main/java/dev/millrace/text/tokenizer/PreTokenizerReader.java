/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import dev.millrace.text.tokenizer.MatchSplitter.Behaviour;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the part {@code pre_tokenizer} of {@code tokenizer.json}. For one thread. */
final class PreTokenizerReader {

    /**
     * What the part says.
     *
     * @param preTokenizers first steps
     * @param splitters last steps
     * @param byteLevel whether the model sees the bytes of the text
     */
    record Steps(List<PreTokenizer> preTokenizers, List<Splitter> splitters, boolean byteLevel) {
    }

    private final List<PreTokenizer> preTokenizers = new ArrayList<>();
    private final List<Splitter> splitters = new ArrayList<>();
    private boolean byteLevel;

    private PreTokenizerReader() {
    }

    static Steps read(JsonObject root) {
        PreTokenizerReader reader = new PreTokenizerReader();
        if (root.has("pre_tokenizer")) {
            reader.step(root.object("pre_tokenizer"));
        }
        return new Steps(reader.preTokenizers, reader.splitters, reader.byteLevel);
    }

    private void step(JsonObject step) {
        String type = step.string("type");
        if (byteLevel) {
            throw new MillraceException(
                    step.key("type") + ": A step after ByteLevel, here \"" + type + "\", is not supported.");
        }
        switch (type) {
            case "Sequence" -> step.objects("pretokenizers").forEach(this::step);
            case "Split" -> split(step);
            case "ByteLevel" -> byteLevel(step);
            case "Digits" -> add(step.flag("individual_digits", false)
                    ? RunSplitter.single(PreTokenizerReader::isNumeric)
                    : RunSplitter.runs(PreTokenizerReader::isNumeric));
            case "Metaspace" -> add(metaspace(step));
            case "Whitespace" -> {
                add(new MatchSplitter(Matches.each(CharClass::isSpace), Behaviour.REMOVED, false));
                add(RunSplitter.runs(AddedTokens::isWord));
            }
            case "WhitespaceSplit" ->
                add(new MatchSplitter(Matches.each(CharClass::isSpace), Behaviour.REMOVED, false));
            case "BertPreTokenizer" -> {
                add(new MatchSplitter(Matches.each(CharClass::isSpace), Behaviour.REMOVED, false));
                add(RunSplitter.single(PreTokenizerReader::isPunctuation));
            }
            case "Punctuation" -> add(new MatchSplitter(Matches.each(PreTokenizerReader::isPunctuation),
                    behaviour(step, "Isolated"), false));
            case "CharDelimiterSplit" ->
                add(new MatchSplitter(Matches.literal(step.string("delimiter")), Behaviour.REMOVED, false));
            default -> throw new MillraceException(step.key("type") + ": The pre-tokenizer \"" + type
                    + "\" is not known; known are Sequence, Split, ByteLevel, Digits, Metaspace, Whitespace, WhitespaceSplit, "
                    + "BertPreTokenizer, Punctuation and CharDelimiterSplit.");
        }
    }

    private void split(JsonObject step) {
        JsonObject pattern = step.object("pattern");
        Behaviour behaviour = behaviour(step, "");
        boolean invert = step.flag("invert", false);
        if (pattern.has("String")) {
            add(new MatchSplitter(Matches.literal(pattern.string("String")), behaviour, invert));
            return;
        }
        String regex = pattern.string("Regex");
        // a scanner covers the text with matches: what is isolated or what is left when the rest is removed is the same
        boolean plain = behaviour == Behaviour.ISOLATED || (behaviour == Behaviour.REMOVED && invert);
        if (plain && KnownSplits.byRegex(regex).isPresent() && (behaviour == Behaviour.ISOLATED
                || KnownSplits.coversAll(regex))) {
            add(KnownSplits.byRegex(regex).get());
        } else {
            add(new MatchSplitter(new Regex(pattern.key("Regex"), regex), behaviour, invert));
        }
    }

    private void byteLevel(JsonObject step) {
        if (step.flag("add_prefix_space", true)) {
            add(new SpacePrefix());
        }
        if (step.flag("use_regex", true)) {
            add(new ClassicSplitter());
        }
        byteLevel = true;
    }

    static Metaspace metaspace(JsonObject step) {
        String replacement = step.string("replacement", "▁");
        if (replacement.length() != 1 || Character.isSurrogate(replacement.charAt(0))) {
            throw step.wrong("replacement", "one character");
        }
        String scheme = step.string("prepend_scheme", step.flag("add_prefix_space", true) ? "always" : "never");
        Metaspace.Prepend prepend = switch (scheme) {
            case "always" -> Metaspace.Prepend.ALWAYS;
            case "first" -> Metaspace.Prepend.FIRST;
            case "never" -> Metaspace.Prepend.NEVER;
            default -> throw step.wrong("prepend_scheme", "always, first or never");
        };
        return new Metaspace(replacement.charAt(0), prepend, step.flag("split", true));
    }

    private static Behaviour behaviour(JsonObject step, String otherwise) {
        String name = otherwise.isEmpty() ? step.string("behavior") : step.string("behavior", otherwise);
        return switch (name.toLowerCase(Locale.ROOT).replace("_", "")) {
            case "removed" -> Behaviour.REMOVED;
            case "isolated" -> Behaviour.ISOLATED;
            case "mergedwithprevious" -> Behaviour.MERGED_WITH_PREVIOUS;
            case "mergedwithnext" -> Behaviour.MERGED_WITH_NEXT;
            case "contiguous" -> Behaviour.CONTIGUOUS;
            default -> throw step.wrong("behavior",
                    "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
        };
    }

    private static boolean isNumeric(int code) {
        return (CharClass.of(code) & CharClass.NUMBER) != 0;
    }

    private static boolean isPunctuation(int code) {
        return (CharClass.of(code) & CharClass.PUNCTUATION) != 0
                || (code > ' ' && code < 0x7F && !Character.isLetterOrDigit(code));
    }

    private void add(Splitter splitter) {
        splitters.add(splitter);
    }

    private void add(PreTokenizer preTokenizer) {
        for (Splitter splitter : splitters) {
            preTokenizers.add(new StoredSplit(splitter));
        }
        splitters.clear();
        preTokenizers.add(preTokenizer);
    }
}
