/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway.plant;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.Tools;
import java.util.List;
import java.util.SplittableRandom;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * A house with a plant room as tools: 59 of twelve kinds, beside the eight of the gateway. Nothing is real, all is kept in memory,
 * and the same seed gives the same house.
 */
@Component(immediate = true) // a delayed one would forget its state when its last user lets go
public final class PlantTools implements ToolProvider {

    private static final long SEED = 2026;

    private final Tools tools;

    /** A new house. */
    @Activate
    public PlantTools() {
        this(SEED);
    }

    PlantTools(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        this.tools = Tools.of(new Lighting(), new Access(random.split()), new Security(random.split()),
                new Energy(random.split()), new Ventilation(random.split()), new Water(random.split()),
                new Machines(random.split()), new Maintenance(random.split()), new Stock(random.split()),
                new Network(random.split()), new Records(random.split()), new People());
    }

    @Override
    public String name() {
        return "plant";
    }

    @Override
    public List<Tool> tools() {
        return tools.tools();
    }
}
