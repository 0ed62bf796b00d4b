/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.nano;

import dev.millrace.spi.model.PackagedModel;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** The nano model. What the build knows of the file, its size and its hash, stands beside it in a properties file. */
@Component
public final class NanoModel implements PackagedModel {

    private static final String FOLDER = "/model/";

    private final String fileName;
    private final String sha256;
    private final long size;

    /** Reads what the build wrote. */
    @Activate
    public NanoModel() {
        Properties properties = new Properties();
        try (InputStream in = resource("nano.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("The bundle of the nano model is damaged: build it again.", e);
        }
        fileName = properties.getProperty("fileName");
        sha256 = properties.getProperty("sha256");
        size = Long.parseLong(properties.getProperty("size"));
    }

    @Override
    public String name() {
        return "nano";
    }

    @Override
    public String fileName() {
        return fileName;
    }

    @Override
    public String sha256() {
        return sha256;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public InputStream open() throws IOException {
        return resource(fileName);
    }

    @Override
    public List<String> suggestedTools() {
        return List.of("gateway");
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = NanoModel.class.getResourceAsStream(FOLDER + name);
        if (in == null) {
            throw new FileNotFoundException(FOLDER + name);
        }
        return in;
    }
}
