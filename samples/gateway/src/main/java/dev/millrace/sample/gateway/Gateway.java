/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;

/**
 * The gateway's state: rooms with devices, sensors and thermostats, alarms, plans and published messages. Nothing is
 * real, and the same seed gives the same building. Safe for use from any thread.
 */
final class Gateway {

    static final List<String> ROOMS = words("kitchen living_room bedroom garage cellar attic hallway office bathroom"
            + " garden greenhouse workshop boiler_room server_room warehouse loading_dock lab canteen lobby roof"
            + " pump_house cold_store paint_shop packing_hall control_room stairwell balcony nursery library gym");

    static final List<String> KINDS = words("lamp light fan heater pump valve blind door lock siren camera compressor"
            + " conveyor sprinkler charger");

    /** Plans and messages kept; the oldest give way. */
    static final int KEPT = 100;

    private static final int ALARMS = 2;

    /** A value with its unit. */
    record Reading(Number value, String unit) {
    }

    /** Something that needs attention. */
    record Alarm(long id, String text) {
    }

    /** An action for later. */
    record Plan(String action, String at) {
    }

    /** Something that was sent. */
    record Published(String topic, String payload) {
    }

    private record Sensor(String room, Quantity quantity) {
    }

    private final Map<String, Boolean> devices = new LinkedHashMap<>();
    private final Map<Sensor, Double> shares = new LinkedHashMap<>();
    private final Map<String, Double> targets = new LinkedHashMap<>();
    private final List<Alarm> alarms = new ArrayList<>();
    private final Deque<Plan> plans = new ArrayDeque<>();
    private final Deque<Published> published = new ArrayDeque<>();

    Gateway(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (String room : ROOMS) {
            KINDS.forEach(kind -> devices.put(room + "_" + kind, false));
            for (Quantity quantity : Quantity.values()) {
                shares.put(new Sensor(room, quantity), random.nextDouble());
            }
        }
        // what reads highest in its range is what a gateway would complain about
        shares.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(ALARMS)
                .forEach(sensor -> alarms.add(new Alarm(random.nextInt(1, 1000),
                        sensor.getKey().room() + " " + sensor.getKey().quantity().label() + " high")));
    }

    private static List<String> words(String text) {
        return List.copyOf(Arrays.asList(text.split(" ", -1)));
    }

    /** Switches a device; false if there is none of that name. */
    synchronized boolean set(String device, boolean on) {
        return devices.replace(device, on) != null;
    }

    /** Whether a device is on; empty if there is none of that name. */
    synchronized Optional<Boolean> isOn(String device) {
        return Optional.ofNullable(devices.get(device));
    }

    boolean hasRoom(String room) {
        return ROOMS.contains(room);
    }

    /** Reads a sensor; empty if there is no such room. */
    Optional<Reading> read(String room, Quantity quantity) {
        return Optional.ofNullable(shares.get(new Sensor(room, quantity)))
                .map(share -> new Reading(quantity.at(share), quantity.unit()));
    }

    /** Sets the target temperature of a room; false if there is no such room. */
    synchronized boolean setTarget(String room, double celsius) {
        if (!hasRoom(room)) {
            return false;
        }
        targets.put(room, celsius);
        return true;
    }

    /** The target temperature of a room, once set. */
    synchronized OptionalDouble target(String room) {
        Double target = targets.get(room);
        return target == null ? OptionalDouble.empty() : OptionalDouble.of(target);
    }

    /** Alarms that nobody has acknowledged. */
    synchronized List<Alarm> alarms() {
        return List.copyOf(alarms);
    }

    /** Acknowledges an alarm; false if none with this number is active. */
    synchronized boolean acknowledge(long id) {
        return alarms.removeIf(alarm -> alarm.id() == id);
    }

    synchronized void publish(String topic, String payload) {
        keep(published, new Published(topic, payload));
    }

    synchronized List<Published> published() {
        return List.copyOf(published);
    }

    synchronized void schedule(String action, String at) {
        keep(plans, new Plan(action, at));
    }

    synchronized List<Plan> plans() {
        return List.copyOf(plans);
    }

    private static <T> void keep(Deque<T> list, T item) {
        list.addLast(item);
        if (list.size() > KEPT) {
            list.removeFirst();
        }
    }
}
