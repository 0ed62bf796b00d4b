/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.plugin;

import dev.millrace.api.MillraceException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Chooses what has to come from an index so that a bundle resolves. For one use. */
public final class Choice {

    /** A hostile index could have us try for ever. */
    private static final int MOST_TRIES = 10_000;

    private final List<Resource> index;
    private final List<Offer> present;
    private int tries;
    private String problem = "";

    /**
     * A choice.
     *
     * @param index what can come
     * @param present what bundles offer that are here
     */
    public Choice(List<Resource> index, List<Offer> present) {
        this.index = index.stream().sorted(Comparator.comparing(Resource::version).reversed()).toList();
        this.present = List.copyOf(present);
    }

    /**
     * Chooses the newest version that resolves.
     *
     * @param wanted which bundles will do
     * @param what names it in messages
     * @return it, and then what it needs
     * @throws MillraceException if there is none, or something is missing; with the reason
     */
    public List<Resource> of(Predicate<Resource> wanted, String what) {
        for (Resource resource : index) {
            if (wanted.test(resource)) {
                Optional<List<Resource>> chosen = with(List.of(), resource);
                if (chosen.isPresent()) {
                    return chosen.get();
                }
            }
        }
        throw new MillraceException(problem.isEmpty() ? "The index has no plugin " + what + "." : problem);
    }

    private Optional<List<Resource>> with(List<Resource> before, Resource resource) {
        tries++;
        List<Resource> chosen = new ArrayList<>(before);
        chosen.add(resource);
        for (Need need : resource.needs()) {
            if (!need.isMandatory() || present.stream().anyMatch(need::isMetBy)
                    || chosen.stream().anyMatch(one -> one.meets(need))) {
                continue;
            }
            Optional<List<Resource>> more = Optional.empty();
            for (Resource candidate : index) {
                if (more.isEmpty() && tries < MOST_TRIES && candidate.meets(need)
                        && chosen.stream().noneMatch(one -> one.name().equals(candidate.name()))) {
                    more = with(chosen, candidate);
                }
            }
            if (more.isEmpty()) {
                if (problem.isEmpty()) { // the first is the newest version's, and where the chain of needs ends
                    problem = resource.name() + " " + resource.version() + " needs " + need.words() + ", which "
                            + other(need)
                            + ": ask its makers for the version that is for this one, or for what is missing.";
                }
                return Optional.empty();
            }
            chosen = new ArrayList<>(more.get());
        }
        return Optional.of(chosen);
    }

    private String other(Need need) {
        return present.stream().filter(need::isNamedLike).findFirst()
                .map(offer -> "is here only as " + offer.attributes().getOrDefault("version", "another one"))
                .orElse("neither this program nor the index offers");
    }
}
