/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Item;
import dev.millrace.api.ModelStore.Licence;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Wish;
import dev.millrace.machine.Memory;
import dev.millrace.store.fetch.Http;
import dev.millrace.store.hub.Hub;
import dev.millrace.store.hub.HubReference;
import dev.millrace.store.hub.Listing;
import dev.millrace.store.hub.Selection;
import dev.millrace.store.trust.SignedFiles;
import dev.millrace.store.trust.TrustedKeys;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Finds out what a pull would do. */
final class Planning {

    private static final int MOST_TEXT = 2 << 20;

    private final StoreFolder folder;
    private final OtherCaches others;
    private final TrustedKeys trusted;
    private final Http http;

    Planning(StoreFolder folder, OtherCaches others, TrustedKeys trusted, Http http) {
        this.folder = folder;
        this.others = others;
        this.trusted = trusted;
        this.http = http;
    }

    Plan hub(Wish wish, HubReference reference, Hub hub) throws IOException, InterruptedException {
        Listing listing = hub.list(reference);
        Selection chosen = Selection.of(reference, listing, Memory.now().available());
        List<Listing.Entry> files = new ArrayList<>(chosen.files());
        Optional<Listing.Entry> signature = listing.files().stream()
                .filter(file -> file.name().equals(SignedFiles.FILE)).findFirst();
        if (signature.isPresent() && !files.contains(signature.get())) {
            files.add(signature.get());
        }
        List<Item> items = new ArrayList<>();
        for (Listing.Entry file : files) {
            items.add(new Item(file.name(), file.size(), file.digest(),
                    hub.place(reference, listing.commit(), file.name()), here(file.digest(), file.size())));
        }
        Optional<String> signer = signature.isPresent()
                ? signer(items, text(hub.place(reference, listing.commit(), SignedFiles.FILE)))
                : Optional.empty();
        String selector = chosen.main().isEmpty() || !chosen.type().isEmpty() ? chosen.type() : chosen.main();
        HubReference source = new HubReference(reference.repository(), reference.revision(), selector);
        return new Plan(wish, name(wish, source), source.toString(), listing.commit(), items, chosen.main(),
                chosen.reason(), licence(reference, listing, hub), signer);
    }

    private String text(URI place) throws IOException, InterruptedException {
        return new String(http.small(place, MOST_TEXT), StandardCharsets.UTF_8);
    }

    private Optional<String> signer(List<Item> items, String json) {
        SignedFiles signed = SignedFiles.fromJson(SignedFiles.Kind.MODEL, json);
        for (Item item : items) {
            String stated = signed.digests().get(item.name());
            boolean isIt = item.name().equals(SignedFiles.FILE);
            if (!isIt && item.digest().startsWith("sha256:") && !item.digest().equals("sha256:" + stated)) {
                throw new MillraceException("The signature of " + item.name()
                        + " is not for the file that the hub has; it is not fetched. Ask those who published it.");
            }
        }
        return trusted.signer(signed);
    }

    private Licence licence(HubReference reference, Listing listing, Hub hub)
            throws IOException, InterruptedException {
        for (Listing.Entry file : listing.files()) {
            if (Selection.isLicence(file.name()) && file.size() <= MOST_TEXT) {
                return new Licence(listing.licence(), text(hub.place(reference, listing.commit(), file.name())));
            }
        }
        return new Licence(listing.licence(), "");
    }

    Plan url(Wish wish, URI address) throws IOException, InterruptedException {
        if (address.getUserInfo() != null) {
            throw new MillraceException("The address of " + Http.shown(address)
                    + " has a user and a password, which are not sent: give an access token by --token-file instead.");
        }
        String path = String.valueOf(address.getPath());
        String file = path.substring(path.lastIndexOf('/') + 1);
        if (!Hub.isSafe(file)) {
            throw new MillraceException(
                    Http.shown(address) + " has no file's name at its end; give the address of a file.");
        }
        String fragment = String.valueOf(address.getFragment());
        URI place = URI.create(address.toString().replaceFirst("#.*", ""));
        String stated = fragment.matches("sha256=[0-9a-fA-F]{64}")
                ? "sha256:" + fragment.substring("sha256=".length()).toLowerCase(Locale.ROOT)
                : "";
        Http.Probe probe = http.probe(place);
        String source = Http.shown(place);
        String base = file.toLowerCase(Locale.ROOT).replaceFirst("\\.gguf$", "");
        String name = wish.name() == null ? free(plain(base), source) : taken(wish.name(), source);
        return new Plan(wish, name, source, probe.tag() == null ? "" : probe.tag(),
                List.of(new Item(file, probe.size(), stated, place, here(stated, probe.size()))), file, "",
                Licence.UNKNOWN, Optional.empty());
    }

    private Optional<Path> here(String digest, long size) throws IOException {
        if (!digest.startsWith("sha256:")) {
            return Optional.empty();
        }
        String hex = digest.substring("sha256:".length());
        Path blob = folder.blob(hex);
        return Files.isRegularFile(blob) && Files.size(blob) == size
                ? Optional.of(blob)
                : others.content(hex, size);
    }

    private String name(Wish wish, HubReference source) {
        if (wish.name() != null) {
            return taken(wish.name(), source.toString());
        }
        String base = source.shortName().toLowerCase(Locale.ROOT).replaceFirst("[-._]gguf$", "");
        String selector = source.selector().toLowerCase(Locale.ROOT).replaceFirst("\\.gguf$", "")
                .replaceAll(".*/", "");
        boolean said = selector.isEmpty() || base.endsWith(selector);
        String name = said ? base : selector.startsWith(base) ? selector : base + "-" + selector;
        String owner = source.repository().substring(0, source.repository().indexOf('/')).toLowerCase(Locale.ROOT);
        return isFree(plain(name), source.toString())
                ? plain(name)
                : free(plain(owner + "-" + name), source.toString());
    }

    static String plain(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9._-]+", "-").replaceFirst("^[^A-Za-z0-9]+", "");
        String cut = plain.substring(0, Math.min(100, plain.length())).replaceFirst("[. ]+$", "");
        return cut.isEmpty() ? "model" : cut;
    }

    private boolean isFree(String name, String source) {
        return folder.read(name).filter(other -> !other.source().equals(source)).isEmpty();
    }

    private String free(String name, String source) {
        String free = name;
        for (int i = 2; !isFree(free, source); i++) {
            free = name + "-" + i;
        }
        return free;
    }

    private String taken(String name, String source) {
        if (!StoreFolder.isName(name)) {
            throw new MillraceException("\"" + name + "\" cannot be a model's name: take letters, digits, points, "
                    + "dashes and underscores.");
        }
        if (!isFree(name, source)) {
            throw new MillraceException("The name " + name + " is taken by a model from "
                    + folder.read(name).orElseThrow().source() + ": give another by --name, or remove that one.");
        }
        return name;
    }
}
