/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.hub;

import dev.millrace.api.MillraceException;
import dev.millrace.machine.Memory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which files of a listing make the model that is wanted.
 *
 * @param files what belongs to it
 * @param main which of them is opened, or empty if it is the folder
 * @param type how its weights are stored, or empty if it is a folder of tensors
 * @param reason why these, a sentence, or empty if the user said so
 */
public record Selection(List<Listing.Entry> files, String main, String type, String reason) {

    private static final Pattern TYPE = Pattern.compile(
            "(?i)(?:^|[-._/])((?:UD-)?(?:I?Q[1-8](?:_[0-9A-Z]+)*|TQ[12]_0|BF16|F16|FP16|F32|MXFP4(?:_MOE)?))(?=[-./]|$)");
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf", Pattern.CASE_INSENSITIVE);
    /** Types of about 4 bits and below, the finest first: what is taken if the user leaves it open and 8 bits are too much. */
    private static final List<String> FALLING = List.of("Q4_K_M", "Q4_K_S", "Q4_0", "IQ4_NL", "MXFP4_MOE", "MXFP4",
            "IQ4_XS",
            "Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K");
    /** Models below this size in 8 bits are taken so: they are quick enough and lose the most with fewer bits. */
    private static final long SMALL = 1_500_000_000L;
    /** What a conversation and the runtime take beside the weights. */
    private static final long BESIDE = 600_000_000L;
    private static final List<String> ONNX = List.of("model_q4", "model_q4f16", "model_int8", "model_quantized",
            "model_uint8", "model_fp16", "model");

    /** Copies the list. */
    public Selection {
        files = List.copyOf(files);
    }

    /**
     * Size of all files.
     *
     * @return bytes
     */
    public long size() {
        return files.stream().mapToLong(Listing.Entry::size).sum();
    }

    /**
     * Chooses.
     *
     * @param reference what is wanted
     * @param listing what there is
     * @param memory bytes that are available on this machine
     * @return the files
     * @throws MillraceException if there is nothing that suits, with what there is
     */
    public static Selection of(HubReference reference, Listing listing, long memory) {
        List<Selection> models = ggufs(listing);
        String selector = reference.selector();
        if (selector.isEmpty()) {
            if (!models.isEmpty()) {
                return suiting(reference, models, memory);
            }
            return folder(listing).map(folder -> whole(folder, memory)).or(() -> graphs(listing, memory))
                    .orElseThrow(() -> nothing(reference, listing, models));
        }
        return models.stream().filter(model -> model.type.equalsIgnoreCase(selector)).findFirst()
                .or(() -> models.stream().filter(model -> model.files.stream()
                        .anyMatch(file -> file.name().equals(selector) || file.last().equals(selector))).findFirst())
                .or(() -> graph(listing, selector))
                .or(() -> single(listing, selector))
                .orElseThrow(() -> nothing(reference, listing, models));
    }

    private static Selection whole(Selection folder, long memory) {
        return new Selection(folder.files, folder.main, folder.type,
                "The folder of tensors is taken, since the model has no GGUF file." + (fits(folder, memory)
                        ? ""
                        : " It is larger than the " + Memory.gigabytes(memory)
                                + " of memory that are free: \"millrace quantise\" makes a smaller file of it."));
    }

    /** The first that fits, in the order of what runs best; if none does, the smallest. */
    private static Optional<Selection> graphs(Listing listing, long memory) {
        List<Selection> all = ONNX.stream().map(name -> graph(listing, name)).flatMap(Optional::stream).toList();
        String room = Memory.gigabytes(memory) + " of memory that are free";
        return all.stream().filter(graph -> fits(graph, memory)).findFirst()
                .map(graph -> new Selection(graph.files, graph.main, graph.type, "The graph " + graph.type
                        + " is taken: of those that fit the " + room + " it has the fewest bits."))
                .or(() -> all.stream().min(Comparator.comparingLong(Selection::size))
                        .map(graph -> new Selection(graph.files, graph.main, graph.type,
                                "The graph " + graph.type + " is taken: it is the smallest, but larger than the " + room
                                        + ".")));
    }

    private static Optional<Selection> single(Listing listing, String selector) {
        if (selector.equalsIgnoreCase("safetensors")) {
            return folder(listing);
        }
        return listing.file(selector).map(file -> new Selection(List.of(file), file.name(), "", ""));
    }

    /** The models in GGUF files, each with all its parts. */
    private static List<Selection> ggufs(Listing listing) {
        Map<String, List<Listing.Entry>> groups = new TreeMap<>();
        for (Listing.Entry file : listing.files()) {
            String last = file.last().toLowerCase(Locale.ROOT);
            // what reads images, and what was measured for quantising, are no models
            if (last.endsWith(".gguf") && !last.startsWith("mmproj") && !last.contains("imatrix")) {
                Matcher part = PART.matcher(file.name());
                groups.computeIfAbsent(part.matches() ? part.group(1) : file.name(), any -> new ArrayList<>())
                        .add(file);
            }
        }
        List<Selection> models = new ArrayList<>();
        groups.values().forEach(files -> {
            files.sort(Comparator.comparing(Listing.Entry::name));
            models.add(new Selection(files, files.getFirst().name(), type(files.getFirst().name()), ""));
        });
        return models;
    }

    /** The type that a file's name tells, the last one if there are several. */
    static String type(String name) {
        Matcher matcher = TYPE.matcher(name.replaceAll("-\\d{5}-of-\\d{5}", ""));
        String found = "";
        int from = 0;
        while (matcher.find(from)) {
            found = matcher.group(1).toUpperCase(Locale.ROOT);
            from = matcher.end();
        }
        return found;
    }

    private static Selection suiting(HubReference reference, List<Selection> models, long memory) {
        if (models.size() == 1) {
            Selection only = models.getFirst();
            return new Selection(only.files, only.main, only.type, "It is the only file that the model has.");
        }
        Map<String, Selection> byType = new LinkedHashMap<>();
        models.forEach(model -> byType.putIfAbsent(model.type, model));
        String room = Memory.gigabytes(memory) + " of memory that are free";
        Selection eight = byType.get("Q8_0");
        if (eight != null && eight.size() <= SMALL && fits(eight, memory)) {
            return because(eight, "is taken: the model is small, so 8 bits cost little time and keep the most.");
        }
        for (String type : FALLING) {
            Selection model = byType.get(type);
            if (model != null && fits(model, memory)) {
                return because(model, "is taken: with " + Memory.gigabytes(model.size())
                        + " it is the finest of about 4 bits or less that fits the " + room + ".");
            }
        }
        // no type of the list: the largest that fits, but not in more than 8 bits
        return models.stream().filter(model -> fits(model, memory) && !model.type.matches("F32|F16|BF16|FP16"))
                .max(Comparator.comparingLong(Selection::size))
                .map(model -> because(model, "is taken: it is the largest that fits the " + room + "."))
                .orElseThrow(() -> new MillraceException("No file of " + reference + " fits the " + room
                        + "; the smallest needs " + Memory.gigabytes(BESIDE + models.stream()
                                .mapToLong(Selection::size).min().orElse(0))
                        + ". Name the one that you want, for example " + reference + ":"
                        + models.getFirst().label() + "."));
    }

    private static boolean fits(Selection model, long memory) {
        return model.size() + BESIDE <= memory;
    }

    private static Selection because(Selection model, String why) {
        return new Selection(model.files, model.main, model.type, model.label() + " " + why);
    }

    private String label() {
        return type.isEmpty() ? main : type;
    }

    /** Tensors with all that stands beside them. */
    private static Optional<Selection> folder(Listing listing) {
        List<Listing.Entry> files = listing.files().stream().filter(file -> !file.name().contains("/")
                || file.name().startsWith("additional_chat_templates/"))
                .filter(file -> beside(file) || file.name().endsWith(".safetensors")).toList();
        boolean whole = files.stream().anyMatch(file -> file.name().endsWith(".safetensors"))
                && files.stream().anyMatch(file -> file.name().equals("config.json"));
        return whole ? Optional.of(new Selection(files, "", "", "")) : Optional.empty();
    }

    private static boolean beside(Listing.Entry file) {
        String name = file.last();
        return name.endsWith(".json") || name.endsWith(".jinja") || name.endsWith(".model") || isLicence(name);
    }

    /**
     * Whether a file's name says that it holds the licence.
     *
     * @param name without folders
     * @return true if it does
     */
    public static boolean isLicence(String name) {
        return name.matches("(?i)licen[cs]e(\\.(txt|md))?|copying");
    }

    /** An ONNX graph with its weights, and what stands beside it. */
    private static Optional<Selection> graph(Listing listing, String wanted) {
        String name = wanted.endsWith(".onnx") ? wanted.substring(0, wanted.length() - 5) : wanted;
        String last = name.substring(name.lastIndexOf('/') + 1);
        for (String graph : List.of(last, "model_" + last)) {
            List<Listing.Entry> graphs = listing.files().stream()
                    .filter(file -> file.last().equals(graph + ".onnx") || file.last().startsWith(graph + ".onnx_data")
                            || file.last().startsWith(graph + ".onnx.data"))
                    .toList();
            if (graphs.stream().anyMatch(file -> file.name().endsWith(".onnx"))) {
                List<Listing.Entry> files = new ArrayList<>(graphs);
                listing.files().stream().filter(file -> !file.name().contains("/") && beside(file))
                        .forEach(files::add);
                return Optional.of(new Selection(files, "", graph, ""));
            }
        }
        return Optional.empty();
    }

    private static MillraceException nothing(HubReference reference, Listing listing, List<Selection> models) {
        String repository = HubReference.PREFIX + reference.repository();
        String known = models.isEmpty() ? "" : String.join(", ", models.stream().map(Selection::label).toList());
        if (!reference.selector().isEmpty()) {
            return new MillraceException(repository + " has no " + reference.selector()
                    + (known.isEmpty() ? "" : "; it has " + known) + ".");
        }
        return new MillraceException(
                repository + " has no model in a format that is known (GGUF, safetensors, ONNX) among its "
                        + listing.files().size() + " files.");
    }
}
