/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.plugin;

import dev.millrace.api.MillraceException;
import dev.millrace.store.plugin.Resource.Content;
import java.io.ByteArrayInputStream;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import javax.xml.stream.XMLStreamWriter;
import org.osgi.framework.Version;

/**
 * An index of bundles, in the XML of the OSGi Repository Service Specification 1.1 (OSGi Compendium 7, 132.5). Files are named by paths
 * beside the index, without steps up. References to other indexes are not followed.
 *
 * @param name for people
 * @param increment grows with each change
 * @param resources the bundles
 */
public record Index(String name, long increment, List<Resource> resources) {

    /** The most bytes of an index. */
    public static final int MOST_BYTES = 16 << 20;

    private static final String SPACE = "http://www.osgi.org/xmlns/repository/v1.0.0";
    private static final String CONTENT = "osgi.content";

    /** Copies the list. */
    public Index {
        resources = List.copyOf(resources);
    }

    // ---- reading

    /**
     * Reads an index.
     *
     * @param xml its bytes
     * @param place names it in messages
     * @return what it says
     * @throws MillraceException if it is damaged, or names a file that is not beside it
     */
    public static Index read(byte[] xml, String place) {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        // nothing is read that the index names, and nothing grows out of a few bytes
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            XMLStreamReader reader = factory.createXMLStreamReader(new ByteArrayInputStream(xml));
            reader.nextTag();
            if (!reader.getLocalName().equals("repository") || !SPACE.equals(reader.getNamespaceURI())) {
                throw new IllegalArgumentException("it begins with <" + reader.getLocalName()
                        + ">, and not with <repository> of " + SPACE);
            }
            String name = Objects.toString(reader.getAttributeValue(null, "name"), "");
            String increment = Objects.toString(reader.getAttributeValue(null, "increment"), "0");
            List<Resource> resources = new ArrayList<>();
            while (reader.hasNext()) {
                if (reader.next() == XMLStreamConstants.START_ELEMENT && reader.getLocalName().equals("resource")) {
                    resources.add(resource(reader));
                }
            }
            return new Index(name, Long.parseLong(increment), resources);
        } catch (XMLStreamException | IllegalArgumentException e) {
            throw new MillraceException("The index " + place + " is damaged (" + firstLine(e)
                    + "): ask those who publish it.", e);
        }
    }

    private static String firstLine(Exception e) {
        String message = String.valueOf(e.getMessage()).replaceFirst("(?s).*Message: ", "");
        return message.lines().findFirst().orElse("").replaceFirst("[.]$", "");
    }

    private static Resource resource(XMLStreamReader reader) throws XMLStreamException {
        List<Offer> offers = new ArrayList<>();
        List<Need> needs = new ArrayList<>();
        Map<String, Object> attributes = new HashMap<>();
        Map<String, String> directives = new HashMap<>();
        String namespace = "";
        while (true) {
            int event = reader.next();
            String element = event == XMLStreamConstants.START_ELEMENT || event == XMLStreamConstants.END_ELEMENT
                    ? reader.getLocalName()
                    : "";
            if (event == XMLStreamConstants.END_ELEMENT) {
                switch (element) {
                    case "capability" -> offers.add(new Offer(namespace, attributes));
                    case "requirement" -> needs.add(new Need(namespace, directives));
                    case "resource" -> {
                        return resource(offers, needs);
                    }
                    default -> {
                    }
                }
            } else if (!element.isEmpty()) {
                switch (element) {
                    case "capability", "requirement" -> {
                        namespace = attribute(reader, "namespace");
                        attributes.clear();
                        directives.clear();
                    }
                    case "attribute" -> attributes.put(attribute(reader, "name"),
                            Values.read(Objects.requireNonNullElse(reader.getAttributeValue(null, "type"), "String"),
                                    attribute(reader, "value")));
                    case "directive" -> directives.put(attribute(reader, "name"), attribute(reader, "value"));
                    default -> {
                    }
                }
            }
        }
    }

    private static String attribute(XMLStreamReader reader, String name) {
        String value = reader.getAttributeValue(null, name);
        if (value == null) {
            throw new IllegalArgumentException("<" + reader.getLocalName() + "> has no " + name);
        }
        return value;
    }

    private static Resource resource(List<Offer> offers, List<Need> needs) {
        Map<String, Object> identity = only("osgi.identity", offers);
        Map<String, Object> content = only(CONTENT, offers);
        String name = String.valueOf(identity.get("osgi.identity"));
        String url = String.valueOf(content.get("url"));
        String sha256 = String.valueOf(content.get(CONTENT));
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,200}")) {
            throw new IllegalArgumentException("\"" + name + "\" is no symbolic name");
        }
        if (!url.matches("[A-Za-z0-9][A-Za-z0-9._+-]*(/[A-Za-z0-9][A-Za-z0-9._+-]*)*")) {
            throw new IllegalArgumentException("the file of " + name + ", \"" + url + "\", does not lie beside it");
        }
        if (!sha256.matches("[0-9a-f]{64}") || !(content.get("size") instanceof Long size) || size < 0
                || !(identity.get("version") instanceof Version version)) {
            throw new IllegalArgumentException(name + " has no SHA-256, size or version");
        }
        return new Resource(name, version, offers.stream().filter(offer -> !offer.namespace().equals(CONTENT)).toList(),
                needs, new Content(url, sha256, size));
    }

    private static Map<String, Object> only(String namespace, List<Offer> offers) {
        return offers.stream().filter(offer -> offer.namespace().equals(namespace)).findFirst().map(Offer::attributes)
                .orElseThrow(() -> new IllegalArgumentException("a resource has no " + namespace));
    }

    // ---- writing

    /**
     * Writes the index.
     *
     * @return XML
     */
    public String write() {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
            xml.writeStartDocument("UTF-8", "1.0");
            xml.writeCharacters("\n");
            xml.writeStartElement("repository");
            xml.writeDefaultNamespace(SPACE);
            xml.writeAttribute("name", name);
            xml.writeAttribute("increment", Long.toString(increment));
            for (Resource resource : resources) {
                line(xml, 1);
                xml.writeStartElement("resource");
                for (Offer offer : resource.offers()) {
                    capability(xml, offer);
                }
                Content content = resource.content();
                if (content != null) {
                    capability(xml, new Offer(CONTENT, Map.of(CONTENT, content.sha256(), "url", content.url(), "size",
                            content.size(), "mime", "application/vnd.osgi.bundle")));
                }
                for (Need need : resource.needs()) {
                    start(xml, "requirement", need.namespace());
                    for (Map.Entry<String, String> one : new TreeMap<>(need.directives()).entrySet()) {
                        line(xml, 3);
                        xml.writeEmptyElement("directive");
                        xml.writeAttribute("name", one.getKey());
                        xml.writeAttribute("value", one.getValue());
                    }
                    end(xml, 2);
                }
                end(xml, 1);
            }
            end(xml, 0);
            xml.writeCharacters("\n");
            xml.writeEndDocument();
            xml.close();
            return text.toString();
        } catch (XMLStreamException e) {
            throw new MillraceException("The index cannot be written: " + e.getMessage() + ".", e);
        }
    }

    private static void capability(XMLStreamWriter xml, Offer offer) throws XMLStreamException {
        start(xml, "capability", offer.namespace());
        for (Map.Entry<String, Object> one : new TreeMap<>(offer.attributes()).entrySet()) {
            line(xml, 3);
            xml.writeEmptyElement("attribute");
            xml.writeAttribute("name", one.getKey());
            String type = Values.type(one.getValue());
            if (!type.equals("String")) {
                xml.writeAttribute("type", type);
            }
            xml.writeAttribute("value", Values.write(one.getValue()));
        }
        end(xml, 2);
    }

    private static void start(XMLStreamWriter xml, String element, String namespace) throws XMLStreamException {
        line(xml, 2);
        xml.writeStartElement(element);
        xml.writeAttribute("namespace", namespace);
    }

    private static void end(XMLStreamWriter xml, int depth) throws XMLStreamException {
        line(xml, depth);
        xml.writeEndElement();
    }

    private static void line(XMLStreamWriter xml, int depth) throws XMLStreamException {
        xml.writeCharacters("\n" + "  ".repeat(depth));
    }
}
