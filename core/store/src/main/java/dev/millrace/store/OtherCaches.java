/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Licence;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.store.hub.HubReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Models that other programs keep on this machine: Hugging Face's libraries, Ollama, LM Studio. They are read where they are, and
 * nothing there is changed.
 */
final class OtherCaches {

    private static final System.Logger LOG = System.getLogger(OtherCaches.class.getName());
    private static final String OLLAMA = "ollama:";
    private static final String LM_STUDIO = "lmstudio:";
    private static final String MODEL_LAYER = "application/vnd.ollama.image.model";
    private static final String OLLAMA_HUB = "registry.ollama.ai";
    private static final int MOST = 2000;
    /** Folders inside of a model's folder. */
    private static final int DEEPEST = 3;

    private final Environment environment;

    OtherCaches(Environment environment) {
        this.environment = environment;
    }

    /** A content by its digest. */
    Optional<Path> content(String sha256, long size) {
        List<Path> places = new ArrayList<>();
        for (Path repository : list(environment.huggingFace())) {
            places.add(repository.resolve("blobs").resolve(sha256));
        }
        environment.ollama().forEach(folder -> places.add(folder.resolve("blobs").resolve("sha256-" + sha256)));
        return places.stream().filter(place -> isOfSize(place, size)).findFirst();
    }

    private static boolean isOfSize(Path file, long size) {
        try {
            return Files.isRegularFile(file) && Files.size(file) == size;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return false;
        }
    }

    Optional<Kept> find(String reference) {
        if (reference.startsWith(OLLAMA)) {
            return ollama().stream().filter(kept -> kept.name().equals(reference)
                    || kept.name().equals(reference + ":latest")).findFirst();
        }
        if (reference.startsWith(LM_STUDIO)) {
            return lmStudio().stream().filter(kept -> kept.name().equals(reference)).findFirst();
        }
        return HubReference.of(reference).flatMap(this::hub);
    }

    private Optional<Kept> hub(HubReference reference) {
        String source = HubReference.PREFIX + reference.repository();
        List<Kept> candidates = Stream
                .concat(huggingFace(reference.revision()).stream(),
                        reference.revision().isEmpty() ? lmStudio().stream() : Stream.empty())
                .filter(kept -> kept.source().equals(source)).toList();
        if (reference.selector().isEmpty()) {
            return candidates.size() == 1 ? Optional.of(candidates.getFirst()) : Optional.empty();
        }
        String selector = reference.selector().toLowerCase(Locale.ROOT);
        return candidates.stream().filter(kept -> {
            String file = String.valueOf(kept.path().getFileName()).toLowerCase(Locale.ROOT);
            return kept.name().equals(source + ":" + reference.selector()) || file.equals(selector)
                    || file.matches(".*[-._]" + java.util.regex.Pattern.quote(selector)
                            + "(-00001-of-\\d{5})?\\.gguf");
        }).findFirst();
    }

    List<Kept> all() {
        return Stream.of(huggingFace(""), ollama(), lmStudio()).flatMap(List::stream)
                .sorted(Comparator.comparing(Kept::name)).toList();
    }

    private static Kept kept(String name, String source, String revision, Path path) {
        return new Kept(name, source, revision, path, size(path), true, Licence.UNKNOWN, true, Map.of());
    }

    private static long size(Path path) {
        long size = 0;
        for (Path file : below(path)) {
            try {
                size += Files.size(file);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            }
        }
        return size;
    }

    /**
     * {@code models--ORG--NAME/snapshots/COMMIT/...}, where {@code refs/REVISION} names the commit of a branch or tag.
     *
     * @param revision which state: a branch, tag or the beginning of a commit; empty for the usual branch
     */
    private List<Kept> huggingFace(String revision) {
        List<Kept> found = new ArrayList<>();
        for (Path repository : list(environment.huggingFace())) {
            String[] parts = String.valueOf(repository.getFileName()).split("--", -1);
            if (parts.length < 3 || !parts[0].equals("models")) {
                continue;
            }
            String source = HubReference.PREFIX + parts[1] + "/" + String.join("--", List.of(parts).subList(2,
                    parts.length));
            snapshot(repository, revision).ifPresent(snapshot -> models(snapshot).forEach(file -> found.add(
                    kept(file.equals(snapshot)
                            ? source
                            : source + ":" + snapshot.relativize(file).toString().replace('\\', '/'), source,
                            String.valueOf(snapshot.getFileName()), file))));
        }
        return found;
    }

    private static Optional<Path> snapshot(Path repository, String revision) {
        Path snapshots = repository.resolve("snapshots");
        Path refs = repository.resolve("refs");
        Path ref = refs.resolve(revision.isEmpty() ? "main" : revision).normalize();
        String commit = ref.startsWith(refs) ? text(ref).strip() : "";
        if (commit.matches("[0-9a-f]{1,64}")) {
            return Optional.of(snapshots.resolve(commit)).filter(Files::isDirectory);
        }
        return revision.matches("[0-9a-f]{7,64}")
                ? list(snapshots).stream().filter(each -> String.valueOf(each.getFileName()).startsWith(revision))
                        .findFirst()
                : Optional.empty();
    }

    /** All files of a folder, also behind links, which people set to where there is room; what cannot be read is left out. */
    private static List<Path> below(Path folder) {
        List<Path> found = new ArrayList<>();
        collect(folder, 1, found);
        return found;
    }

    private static void collect(Path path, int depth, List<Path> found) {
        if (Files.isRegularFile(path)) {
            found.add(path);
        } else if (depth <= DEEPEST && found.size() < MOST) {
            list(path).forEach(each -> collect(each, depth + 1, found));
        }
    }

    /** The GGUF files of a folder, one of each that is split; or the folder, if it holds tensors or graphs. */
    private static List<Path> models(Path folder) {
        List<Path> files = below(folder);
        List<Path> models = new ArrayList<>();
        for (Path file : files) {
            String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
            boolean later = name.matches(".*-\\d{5}-of-\\d{5}\\.gguf") && !name.contains("-00001-of-");
            if (name.endsWith(".gguf") && !name.startsWith("mmproj") && !later) {
                models.add(file);
            }
        }
        boolean tensors = files.stream().map(Path::toString)
                .anyMatch(name -> name.endsWith(".safetensors") || name.endsWith(".onnx"));
        if (models.isEmpty() && tensors && Files.isRegularFile(folder.resolve("config.json"))) {
            models.add(folder);
        }
        return models;
    }

    /** {@code manifests/HOST/OWNER/NAME/TAG}, a list of layers; the model's is a GGUF file among the blobs. */
    private List<Kept> ollama() {
        List<Kept> found = new ArrayList<>();
        for (Path folder : environment.ollama()) {
            for (Path host : list(folder.resolve("manifests"))) {
                for (Path owner : list(host)) {
                    for (Path name : list(owner)) {
                        for (Path tag : list(name)) {
                            String model = ollamaName(host, owner, name);
                            model(folder, tag).ifPresent(file -> found
                                    .add(kept(model + ":" + tag.getFileName(), model, "", file)));
                        }
                    }
                }
            }
        }
        return found;
    }

    /** As Ollama itself lists it: without the hub and the owner that are usual there. */
    private static String ollamaName(Path host, Path owner, Path name) {
        String hub = String.valueOf(host.getFileName());
        String by = String.valueOf(owner.getFileName());
        boolean usual = hub.equals(OLLAMA_HUB);
        return OLLAMA + (usual ? "" : hub + "/") + (usual && by.equals("library") ? "" : by + "/")
                + name.getFileName();
    }

    private static Optional<Path> model(Path folder, Path manifest) {
        try {
            if (Json.parseFile(text(manifest)) instanceof Map<?, ?> map
                    && map.get("layers") instanceof List<?> layers) {
                for (Object each : layers) {
                    if (each instanceof Map<?, ?> layer && MODEL_LAYER.equals(layer.get("mediaType"))
                            && layer.get("digest") instanceof String digest && digest.matches("sha256:[0-9a-f]{64}")) {
                        return Optional.of(folder.resolve("blobs").resolve(digest.replace(':', '-')))
                                .filter(Files::isRegularFile);
                    }
                }
            }
        } catch (JsonException e) {
            LOG.log(System.Logger.Level.DEBUG, "no manifest", e);
        }
        return Optional.empty();
    }

    /** {@code OWNER/NAME/FILE.gguf}, owner and name as on the hub. */
    private List<Kept> lmStudio() {
        List<Kept> found = new ArrayList<>();
        for (Path folder : new LmStudioFolders(environment.home()).all()) {
            for (Path owner : list(folder)) {
                for (Path repository : list(owner)) {
                    String name = owner.getFileName() + "/" + repository.getFileName();
                    models(repository).forEach(file -> found.add(kept(LM_STUDIO + name + (file.equals(repository)
                            ? ""
                            : "/" + repository.relativize(file).toString().replace('\\', '/')),
                            HubReference.PREFIX + name, "", file)));
                }
            }
        }
        return found;
    }

    /** A small file, or nothing if it cannot be read. */
    static String text(Path file) {
        try {
            return Files.isRegularFile(file) && Files.size(file) < 1 << 20 ? Files.readString(file) : "";
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return "";
        }
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(path -> !String.valueOf(path.getFileName()).startsWith(".")).limit(MOST).sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            LOG.log(System.Logger.Level.DEBUG, "not looked at", e);
            return List.of();
        }
    }
}
