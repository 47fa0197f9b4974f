# What `cmake --install` and CPack put where.  Three components: the program and all that belongs to it, what only a local
# installation has, and what only a Debian package has.
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

# The program writes its own manual page, completions and schema.
set(share ${PROJECT_BINARY_DIR}/share)
add_custom_command(OUTPUT ${share}/normrun.1.gz ${share}/normrun ${share}/_normrun ${share}/normrun.fish ${share}/normrun.schema.json
  COMMAND ${CMAKE_COMMAND} -E make_directory ${share}
  COMMAND normrun man > ${share}/normrun.1
  COMMAND gzip -9nf ${share}/normrun.1
  COMMAND normrun completion bash > ${share}/normrun
  COMMAND normrun completion zsh > ${share}/_normrun
  COMMAND normrun completion fish > ${share}/normrun.fish
  COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${share}/changelog.gz
  COMMAND normrun schema > ${share}/normrun.schema.json
  DEPENDS normrun ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
add_custom_target(normrun_share ALL DEPENDS ${share}/normrun.1.gz)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
install(TARGETS normrun)
install(FILES ${share}/normrun.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${share}/normrun DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${share}/normrun.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${share}/normrun.schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/normrun)
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/normrun)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(FILES ${share}/_normrun DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT local)
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT local)

install(FILES ${share}/_normrun DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright COMPONENT debian EXCLUDE_FROM_ALL)
install(FILES ${share}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT debian EXCLUDE_FROM_ALL)

# What a wheel has beside the Python package: the program alone (pyproject.toml).
if(SKBUILD)
  install(TARGETS normrun DESTINATION ${SKBUILD_SCRIPTS_DIR} COMPONENT wheel)
endif()

set(CPACK_PACKAGE_NAME normrun)
set(CPACK_PACKAGE_VENDOR "The normrun authors")
set(CPACK_PACKAGE_CONTACT "The normrun authors <authors@normrun.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL program debian)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "batch and layer normalization: train mode against eval mode")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Trains small networks with batch or layer normalization from JSON configs,
for any batch sizes, and reports as CSV and HTML how their outputs in
training mode and in evaluation mode differ: which statistic is wrong, by
how much, and what repairs it.")
include(CPack)
