/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.PluginStore.Installed;
import dev.millrace.store.plugin.Need;
import dev.millrace.store.plugin.Offer;
import dev.millrace.store.plugin.Resource;
import java.util.List;
import java.util.Optional;

/** The bundles of this process. */
interface Running {

    /** All of them. */
    List<Installed> all();

    /**
     * What the bundles that have found what they need offer.
     *
     * @param but the bundle that is left out
     */
    List<Offer> capabilities(String but);

    /** Words for what a bundle offers. */
    default List<String> offers(Resource bundle) {
        return bundle.offers().stream().map(Offer::words).filter(words -> !words.isEmpty()).sorted().toList();
    }

    /** Words for what a bundle needs, from Java itself or from others. */
    default List<String> needs(Resource bundle) {
        return bundle.needs().stream().filter(Need::isMandatory)
                .filter(need -> bundle.offers().stream().noneMatch(need::isMetBy)).map(Need::words).sorted().toList();
    }

    /** Why a bundle does not resolve, a sentence each; empty if it does. */
    default List<String> missing(Resource bundle) {
        List<Offer> present = capabilities(bundle.name());
        return bundle.needs().stream().filter(Need::isMandatory)
                .filter(need -> bundle.offers().stream().noneMatch(need::isMetBy)
                        && present.stream().noneMatch(need::isMetBy))
                .map(need -> sentence(need, present.stream().filter(need::isNamedLike).findFirst())).toList();
    }

    private static String sentence(Need need, Optional<Offer> other) {
        if (need.isJava()) {
            return "It needs " + need.words() + ", and this is Java " + Runtime.version().feature()
                    + ": start Millrace with the other one, or take a version of the plugin for this one.";
        }
        return other.map(offer -> "It needs " + need.words() + ", and here is version "
                + offer.attributes().getOrDefault("version", offer.attributes().getOrDefault("bundle-version", "0"))
                + ": take a version of the plugin that was made for it.")
                .orElseGet(() -> "It needs " + need.words()
                        + ", which nothing here offers: install the bundle that does, or the plugin from an index that has it.");
    }
}
